"""Stage `align`: unpaired, labelled vectors of two modalities become one common space."""

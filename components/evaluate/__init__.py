"""Stage `evaluate`: base and student on domains that neither has seen."""

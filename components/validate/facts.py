"""What is measured of a record before anything is judged: sides, shape, length of the caption.

A fact that has no meaning for a record (the sides of an image that does not decode, the words of an empty caption) is
missing, and no rule judges what is missing: each fault is reported once.
"""

import pandas as pd

WIDE_BLANKS = "[\u3000\u00a0]"  # the ideographic and the no-break blank, which `\s` of Arrow does not know
LANGUAGES_WITHOUT_SPACES = frozenset({"ja", "zh", "th", "lo", "km", "my", "bo", "dz"})


def facts_of(records: pd.DataFrame) -> pd.DataFrame:
    """One row per record, same index: the columns that components/validate/rules.py judges."""
    there = records["bytes"] > 0
    width, height = (records[side].where(there).astype("float64") for side in ("width", "height"))
    decodes = width > 0
    sides = pd.DataFrame({"width": width, "height": height}).where(decodes)
    caption = records["caption"].fillna("").str.replace(WIDE_BLANKS, " ", regex=True).str.strip()
    said = caption != ""
    spaceless = records["language"].isin(LANGUAGES_WITHOUT_SPACES)
    return pd.DataFrame(
        {
            "id": records["id"],
            "bytes": records["bytes"],
            "width": width,
            "short_side_px": sides.min(axis="columns"),
            "long_side_px": sides.max(axis="columns"),
            "aspect_ratio": sides.max(axis="columns") / sides.min(axis="columns"),
            "caption_length": caption.str.len(),
            "caption_words": caption.str.count(r"\S+").where(said & ~spaceless).astype("float64"),
            "caption_characters": caption.str.count(r"\S").where(said & spaceless).astype("float64"),
            "language": records["language"],
            "licence": records["licence"].fillna(""),
        }
    )

"""What an adapter finds: one image with its caption, before it becomes a canonical record."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Found:
    """One image of a source, as published: nothing decoded, nothing judged."""

    key: str
    """Unique in its source, and stable from run to run."""
    image_bytes: bytes
    """The file's bytes, sound or not; `validate` judges."""
    extension: str
    """File ending without the dot, such as `png`."""
    caption: str
    language: str
    """ISO 639-1 code of the caption: `en`, `ja`, …"""
    url: str
    licence: str
    author: str
    label: str = ""
    """The true class, for evaluation sets alone; `collect` blanks it in the corpus."""

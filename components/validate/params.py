"""Settings of `validate`: what a record must be to be learned from."""

from typing import Annotated

from pydantic import Field, PositiveInt

from components.params import Section


class ValidateParams(Section):
    """What a record must be to be accepted, and when the corpus as a whole is refused."""

    min_side_px: PositiveInt
    """The shorter side of an image has at least so many pixels."""
    max_side_px: PositiveInt
    """The longer side of an image has at most so many pixels."""
    max_aspect_ratio: Annotated[float, Field(ge=1)]
    """Longer side over shorter side is at most this."""
    min_caption_words: PositiveInt
    """A caption in a language that writes spaces has at least so many words."""
    min_caption_characters: PositiveInt
    """A caption in a language without spaces (Japanese, Chinese, Thai …) has at least so many characters."""
    languages: Annotated[list[str], Field(min_length=1)]
    """ISO 639-1 codes of the languages that captions may have."""
    allowed_licences: Annotated[list[str], Field(min_length=1)]
    """Licences that permit the use: names with `*` for any ending; case, and hyphen or blank, make no difference."""
    near_duplicate_bits: Annotated[int, Field(ge=0, le=31)]
    """Images are looked at as near-copies when their 256-bit perceptual hashes differ in at most so many bits."""
    near_duplicate_levels: Annotated[int, Field(ge=0, le=255)]
    """… and are near-copies if no colour of their 16 × 16 miniatures differs by more than so many of 255 levels."""
    min_accepted: PositiveInt
    """The stage fails if fewer records are accepted."""
    max_quarantined_share: Annotated[float, Field(ge=0, le=1)]
    """The stage fails if a larger share of any one source is quarantined."""

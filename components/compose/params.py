"""Settings of the stage `compose`."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from components.params import Section


class ComposeParams(Section):
    """Which images may meet in a CLIP-C composition, and how often."""

    rate: float = Field(ge=0, le=1)
    """Share of a batch's pairs that `train` composes with a partner drawn afresh each time."""
    axis: Literal["width", "height", "random"]
    """Whether halves stand side by side, one above the other, or either."""
    across_labels: bool
    """Compose only images of different labels."""
    never_labels: list[str]
    """Labels that are never composed."""
    never_sources: list[str]
    """Sources that are never composed."""
    preview_compositions: PositiveInt
    """Compositions drawn on the preview."""
    seed: NonNegativeInt
    """Seed of the preview."""

"""Settings of the stage `embed`."""

from typing import Literal

from pydantic import PositiveInt

from components.params import Section


class EmbedParams(Section):
    """How the frozen base model turns images and captions into vectors."""

    batch_images: PositiveInt
    """Images in one forward pass; more is faster until memory is full."""
    threads: PositiveInt
    """CPU threads of the model."""
    device: Literal["cpu", "cuda"]
    """Where the model computes."""

"""Settings of the stage `pretrain`."""

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from components.learning import Augmentation, Machine, Optimisation, PairTerms
from components.params import Section


class PretrainParams(Section):
    """Where the base model comes from, and how it learns if it is trained from scratch."""

    weights: str
    """`scratch`, an open_clip `architecture/tag` such as `ViT-B-32/laion2b_s34b_b79k`, or a model folder."""
    weights_file: str
    """A file with the weights of that tag, instead of a download; empty for none."""
    sources: list[str]
    """Corpus sources the base learns from with `scratch`; what it has not seen is what retrieval can bring."""
    embed_dim: PositiveInt
    """Width of the joint embedding of the small model."""
    image_px: int = Field(ge=32, multiple_of=32)
    """Side of the image the small model sees."""
    optimiser: Optimisation
    terms: PairTerms
    composition_rate: float = Field(ge=0, le=1)
    """Share of the pairs that become CLIP-C compositions."""
    composition_axis: Literal["width", "height", "random"]
    """Whether halves stand side by side, one above the other, or either."""
    augmentation: Augmentation
    machine: Machine

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Self:
        if not self.terms.any():
            raise ValueError("Every weight of pretrain.terms is 0: there is nothing to learn from. Raise one")
        return self

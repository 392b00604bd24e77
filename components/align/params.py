"""Settings of the stage `align`."""

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from components.params import Section


class AlignParams(Section):
    """How DRCL learns a common space from unpaired labelled vectors."""

    common_dim: PositiveInt
    """Width of the common space."""
    hidden_dim: PositiveInt
    """Width of the projectors' hidden layers."""
    epochs: PositiveInt
    """Passes over a modality's vectors, in either stage."""
    batch: int = Field(ge=2)
    """Vectors in a step."""
    learning_rate: PositiveFloat
    """Rate of Adam, betas 0.5 and 0.999."""
    mix: float = Field(gt=0, le=1)
    """Share that an item keeps of itself when features are mixed with a random other's."""
    label_weight: NonNegativeFloat
    """Weight of the generalised cross-entropy."""
    structure_weight: NonNegativeFloat
    """Weight of the agreement of cosines with those of the recovered targets."""
    target_weight: NonNegativeFloat
    """Weight of the squared distance to the recovered targets."""
    held_out: float = Field(gt=0, lt=1)
    """Share of each modality's vectors that chooses the prior and the epoch."""
    seed: NonNegativeInt
    """Seed of weights, order and mixing."""
    threads: PositiveInt
    """CPU threads."""

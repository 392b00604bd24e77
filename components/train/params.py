"""Settings of the stage `train`."""

from typing import Self

from pydantic import Field, NonNegativeFloat, model_validator

from components.learning import Augmentation, Machine, Optimisation, PairTerms
from components.params import Section


class TrainParams(Section):
    """How the student learns from the pseudo-labelled selection, starting from the base model."""

    optimiser: Optimisation
    terms: PairTerms
    soft_target: NonNegativeFloat
    """Weight of the pseudo-label loss with soft targets (MUDG's diversity-preserving loss)."""
    teacher_share: float = Field(ge=0, le=1)
    """Share of the soft target that the frozen base decides; the pseudo-label decides the rest."""
    average_decay: float = Field(ge=0, lt=1)
    """Decay of the moving average of the weights; the average is the student."""
    augmentation: Augmentation
    machine: Machine

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Self:
        if not self.terms.any():
            raise ValueError("Every weight of train.terms is 0, and a batch of compositions has no other. Raise one")
        return self

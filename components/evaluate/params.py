"""Settings of the stage `evaluate`."""

from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from components.params import Section


class EvaluateParams(Section):
    """How the models are compared."""

    bootstrap_resamples: PositiveInt
    """Resamples of the images behind each 95 % interval."""
    seed: NonNegativeInt
    """Seed of the resamples and of the separability split."""
    threads: PositiveInt
    """CPU threads."""
    device: Literal["cpu", "cuda"]
    """Where the student computes."""

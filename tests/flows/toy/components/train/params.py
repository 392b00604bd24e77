"""Settings of the toy stage `train`."""

from typing import Self

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from components.params import Section


class TrainParams(Section):
    steps: PositiveInt
    """Points of the curve."""
    rate: PositiveFloat
    names: list[str]
    seconds_per_step: NonNegativeFloat
    """Time to be cancelled in."""

    @model_validator(mode="after")
    def _each_name_has_a_step(self) -> Self:
        if len(self.names) > self.steps:
            raise ValueError("train.names has more names than train.steps has steps. Raise train.steps")
        return self

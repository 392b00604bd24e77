"""Settings of the toy stage `train`."""

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from components.params import Section


class TrainParams(Section):
    steps: PositiveInt
    """Points of the curve."""
    rate: PositiveFloat
    names: list[str]
    seconds_per_step: NonNegativeFloat
    """Time to be cancelled in."""

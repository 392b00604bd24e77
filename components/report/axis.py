"""A chart's horizontal axis: from values to places in percent of its width."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

TICKS = 5


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    step: float

    def at(self, value: float) -> float:
        """The place of a value, 0 (left end) to 100 (right end)."""
        return 100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    def span(self, one: float, other: float) -> tuple[float, float]:
        """Left end and width of the bar between two values."""
        left, right = sorted((self.at(one), self.at(other)))
        return left, right - left

    @property
    def ticks(self) -> list[float]:
        """Multiples of `step` from end to end."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [tick * self.step for tick in range(first, last + 1)]


def axis_over(values: Iterable[float], *, ceiling: float = math.inf) -> Axis:
    """The shortest axis with round ends that holds zero and all values; `ceiling` caps its right end."""
    values = [0.0, *values]
    low, high = min(values), max(values)
    if low == high:
        high = 1.0
    step = round_step((high - low) / TICKS)
    return Axis(math.floor(low / step + 1e-9) * step, min(math.ceil(high / step - 1e-9) * step, ceiling), step)


def round_step(rough: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `rough`."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))

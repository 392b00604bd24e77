"""Which assumption matters most: each is varied alone, and the net benefit watched."""

from dataclasses import dataclass

from components.report.accuracy import Interval
from components.report.params import Assumptions
from components.report.roi import business_case

GAIN = "accuracy_gain_points"
WITHOUT_EFFECT = ("labels_avoided_images", "cost_per_label_usd", "yen_per_usd")
"""Assumptions that the net benefit in dollars does not contain."""


@dataclass(frozen=True, kw_only=True)
class Swing:
    """The net benefit at two values of one figure, everything else as assumed."""

    field: str
    """A field of `Assumptions`, or GAIN for the measured gain."""
    low: float
    high: float
    """The two values of the figure."""
    net_at_low_usd_per_year: float
    net_at_high_usd_per_year: float

    @property
    def spread_usd_per_year(self) -> float:
        return abs(self.net_at_high_usd_per_year - self.net_at_low_usd_per_year)


def swings(gain_points: Interval, assumptions: Assumptions, share: float) -> list[Swing]:
    """Swings of the measured gain over its interval and of each assumption by ± `share`, the widest first."""
    found = [_swing(GAIN, gain_points.low, gain_points.high, gain_points, assumptions)]
    for field in type(assumptions).model_fields:
        if field not in WITHOUT_EFFECT:
            value = getattr(assumptions, field)
            found.append(_swing(field, value * (1 - share), value * (1 + share), gain_points, assumptions))
    felt = [swing for swing in found if swing.spread_usd_per_year > 0]
    return sorted(felt, key=lambda swing: (-round(swing.spread_usd_per_year, 6), swing.field))


def _swing(field: str, low: float, high: float, gain_points: Interval, assumptions: Assumptions) -> Swing:
    def net_at(value: float) -> float:
        if field == GAIN:
            return business_case(value, assumptions).net_benefit_usd_per_year
        varied = assumptions.model_copy(update={field: value})
        return business_case(gain_points.value, varied).net_benefit_usd_per_year

    return Swing(
        field=field, low=low, high=high, net_at_low_usd_per_year=net_at(low), net_at_high_usd_per_year=net_at(high)
    )

"""The bars of the report's charts, in dollars; a template places them on an axis."""

from typing import NamedTuple

from components.report.accuracy import Interval
from components.report.axis import Axis, axis_over
from components.report.content import Domain, Report
from components.report.sensitivity import Swing

VISIBLE = 0.01
"""A bar narrower than this share of the widest is a line that nobody can read."""


class Step(NamedTuple):
    """One bar of a waterfall."""

    name: str
    """A money field of `BusinessCase`."""
    start: float
    end: float
    change: float
    """What the step adds; for the last, the total itself."""


def waterfall(report: Report) -> list[Step]:
    """From yearly savings, cost by cost, to the yearly net benefit."""
    case = report.case
    changes = {
        "savings_usd_per_year": case.savings_usd_per_year,
        "running_cost_usd_per_year": -case.running_cost_usd_per_year,
        "engineering_usd_per_year": -case.engineering_usd_per_year,
        "compute_usd_per_year": -case.compute_usd_per_year,
    }
    steps, reached = [], 0.0
    for name, change in changes.items():
        steps.append(Step(name, reached, reached + change, change))
        reached += change
    return [*steps, Step("net_benefit_usd_per_year", 0.0, reached, reached)]


def waterfall_axis(steps: list[Step]) -> Axis:
    return axis_over(end for step in steps for end in (step.start, step.end))


def accuracy_axis(domains: list[Domain]) -> Axis:
    return axis_over((model.high for domain in domains for model in (domain.base, domain.student)), ceiling=1.0)


def felt(swings: list[Swing]) -> tuple[list[Swing], list[Swing]]:
    """The swings wide enough to see beside the widest, and the others."""
    visible = [swing for swing in swings if swing.spread_usd_per_year >= VISIBLE * swings[0].spread_usd_per_year]
    return visible, swings[len(visible) :]


def swing_axis(swings: list[Swing]) -> Axis:
    return axis_over(net for swing in swings for net in (swing.net_at_low_usd_per_year, swing.net_at_high_usd_per_year))


def interval_axis(interval: Interval) -> Axis:
    return axis_over(interval)

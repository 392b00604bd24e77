"""From an accuracy gain and the company's assumptions to money.

The baseline is the base model used zero-shot: what the company would have without the project. The project is paid at
the start; savings and running cost come at the end of each year of the horizon. What labelling by hand would have
cost is stated beside, and never counted as a benefit: without the project nobody would have paid for it.
"""

from dataclasses import dataclass
from typing import Literal

from components.report.accuracy import Interval
from components.report.params import Assumptions

Verdict = Literal["adopt", "unproven", "unprofitable", "worse"]


@dataclass(frozen=True, kw_only=True)
class BusinessCase:
    """What one accuracy gain is worth; all money in US dollars, negative where the student loses it."""

    accuracy_gain_points: float
    """Student minus base, in percentage points."""
    errors_avoided_per_year: float
    savings_usd_per_year: float
    """Handling of errors that no longer happen."""
    running_cost_usd_per_year: float
    engineering_usd_per_year: float
    """Engineering cost as equal yearly instalments over the horizon, at the discount rate."""
    compute_usd_per_year: float
    """Compute cost as such instalments."""
    net_benefit_usd_per_year: float
    """Savings less running cost less both instalments; has the sign of the net present value."""
    net_present_value_usd: float
    return_on_investment_percent: float
    """Net present value as a share of the present value of all costs; -100 is all of it lost."""
    payback_months: float | None
    """Months until savings less running cost have paid the project back, undiscounted; None is never."""


def business_case(gain_points: float, assumptions: Assumptions) -> BusinessCase:
    """What a student that is `gain_points` percentage points better than the base is worth."""
    years = annuity_years(assumptions.discount_rate, assumptions.horizon_years)
    errors_avoided = assumptions.decisions_per_year * gain_points / 100
    savings = errors_avoided * error_cost_usd(assumptions)
    yearly = savings - assumptions.running_cost_usd_per_year
    project = project_cost_usd(assumptions)
    present_value = yearly * years - project
    return BusinessCase(
        accuracy_gain_points=gain_points,
        errors_avoided_per_year=errors_avoided,
        savings_usd_per_year=savings,
        running_cost_usd_per_year=assumptions.running_cost_usd_per_year,
        engineering_usd_per_year=engineering_usd(assumptions) / years,
        compute_usd_per_year=compute_usd(assumptions) / years,
        net_benefit_usd_per_year=yearly - project / years,
        net_present_value_usd=present_value,
        return_on_investment_percent=100 * present_value / (project + assumptions.running_cost_usd_per_year * years),
        payback_months=12 * project / yearly if yearly > 0 else None,
    )


def annuity_years(discount_rate: float, horizon_years: float) -> float:
    """Present value of one dollar at the end of each year of the horizon: `horizon_years` at no interest, less else."""
    if discount_rate == 0:
        return horizon_years
    return (1 - float((1 + discount_rate) ** -horizon_years)) / discount_rate


def error_cost_usd(assumptions: Assumptions) -> float:
    """What one wrong label costs."""
    return assumptions.error_handling_minutes / 60 * assumptions.error_handling_usd_per_hour


def engineering_usd(assumptions: Assumptions) -> float:
    """What the project's engineering costs, once."""
    return assumptions.engineer_hours * assumptions.engineer_usd_per_hour


def compute_usd(assumptions: Assumptions) -> float:
    """What the project's machine time costs, once."""
    return assumptions.compute_hours * assumptions.compute_usd_per_hour


def project_cost_usd(assumptions: Assumptions) -> float:
    """What the project costs, once, before the first saving."""
    return engineering_usd(assumptions) + compute_usd(assumptions)


def labelling_cost_avoided_usd(assumptions: Assumptions) -> float:
    """What labelling by hand would have cost; no part of the net benefit."""
    return assumptions.labels_avoided_images * assumptions.cost_per_label_usd


def break_even_gain_points(assumptions: Assumptions) -> float:
    """The accuracy gain at which the net benefit is zero, in percentage points; above 100 it cannot pay at all."""
    years = annuity_years(assumptions.discount_rate, assumptions.horizon_years)
    cost_usd_per_year = assumptions.running_cost_usd_per_year + project_cost_usd(assumptions) / years
    return 100 * cost_usd_per_year / (assumptions.decisions_per_year * error_cost_usd(assumptions))


def verdict(gain_points: Interval, net_benefit_usd_per_year: Interval) -> Verdict:
    """The decision that the figures support.

    `adopt`: the whole interval of the net benefit is above zero. `unproven`: its value is, its low end is not.
    `unprofitable`: more accurate, but worth less than it costs. `worse`: no more accurate than the base model.
    """
    if gain_points.value <= 0:
        return "worse"
    if net_benefit_usd_per_year.value <= 0:
        return "unprofitable"
    return "adopt" if net_benefit_usd_per_year.low > 0 else "unproven"

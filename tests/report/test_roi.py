"""Money from accuracy, in sums that a reader can do by hand (the assumptions stand in conftest.py)."""

import pytest

from components.report import roi
from components.report.accuracy import Interval


def test_three_points_of_ten_thousand_decisions_at_five_dollars(assumptions):
    case = roi.business_case(3.0, assumptions)
    assert case.errors_avoided_per_year == pytest.approx(300)  # 10,000 x 3 %
    assert case.savings_usd_per_year == pytest.approx(1500)  # 300 x $5
    assert case.engineering_usd_per_year == pytest.approx(225)  # 10 h x $90 over 4 years
    assert case.compute_usd_per_year == pytest.approx(75)  # 30 h x $10 over 4 years
    assert case.net_benefit_usd_per_year == pytest.approx(900)  # 1500 - 300 running - 225 - 75
    assert case.net_present_value_usd == pytest.approx(3600)  # 4 x (1500 - 300) - 1200
    assert case.return_on_investment_percent == pytest.approx(150)  # 3600 / (1200 + 4 x 300)
    assert case.payback_months == pytest.approx(12)  # 1200 / (1500 - 300) of a year


def test_a_worse_student_costs_money_and_never_pays_back(assumptions):
    case = roi.business_case(-1.0, assumptions)
    assert case.errors_avoided_per_year == pytest.approx(-100)
    assert case.net_benefit_usd_per_year == pytest.approx(-1100)  # -500 - 300 - 300
    assert case.return_on_investment_percent == pytest.approx(-100 * 4400 / 2400)  # more than all of it lost
    assert case.payback_months is None


@pytest.mark.parametrize(
    ("rate", "years", "expected"),
    [
        (0.0, 4, 4.0),
        (1.0, 2, 0.75),  # 1/2 + 1/4
        (0.25, 2, 1.44),  # 0.8 + 0.64
    ],
    ids=["no-interest", "doubling", "a-quarter"],
)
def test_years_are_worth_less_the_later_they_come(rate, years, expected):
    assert roi.annuity_years(rate, years) == pytest.approx(expected)


def test_with_interest_the_instalments_pay_the_project_back(assumptions):
    dearer = assumptions.model_copy(update={"discount_rate": 0.25, "horizon_years": 2})
    case = roi.business_case(3.0, dearer)
    instalment = case.engineering_usd_per_year + case.compute_usd_per_year
    assert instalment / 1.25 + instalment / 1.25**2 == pytest.approx(1200)
    assert case.net_present_value_usd == pytest.approx(1.44 * case.net_benefit_usd_per_year)


def test_at_the_break_even_gain_nothing_is_won_or_lost(assumptions):
    assert roi.break_even_gain_points(assumptions) == pytest.approx(1.2)  # $600 a year / (10,000 x $5)
    for rate in (0.0, 0.08):
        varied = assumptions.model_copy(update={"discount_rate": rate})
        case = roi.business_case(roi.break_even_gain_points(varied), varied)
        assert case.net_benefit_usd_per_year == pytest.approx(0, abs=1e-9)
        assert case.net_present_value_usd == pytest.approx(0, abs=1e-9)


def test_labelling_is_stated_beside_and_changes_nothing(assumptions):
    assert roi.labelling_cost_avoided_usd(assumptions) == pytest.approx(500)  # 5,000 x $0.10
    dear = assumptions.model_copy(update={"cost_per_label_usd": 100.0})
    assert roi.business_case(3.0, dear) == roi.business_case(3.0, assumptions)


@pytest.mark.parametrize(
    ("gain", "net", "expected"),
    [
        (Interval(1, 3, 5), Interval(10, 900, 1800), "adopt"),
        (Interval(-1, 3, 7), Interval(-900, 900, 2700), "unproven"),
        (Interval(0.1, 1, 2), Interval(-500, -100, 300), "unprofitable"),
        (Interval(-2, -1, 0), Interval(-1600, -1100, -600), "worse"),
        (Interval(-1, 0, 1), Interval(-1100, -600, -100), "worse"),
    ],
    ids=["above-zero", "across-zero", "too-little", "negative", "none"],
)
def test_the_verdict_is_no_better_than_the_figures(gain, net, expected):
    assert roi.verdict(gain, net) == expected

"""One assumption at a time."""

import pytest

from components.report.accuracy import Interval
from components.report.sensitivity import swings

GAIN = Interval(2.0, 3.0, 4.0)


def test_each_swing_is_the_net_benefit_with_one_figure_moved(assumptions):
    found = {swing.field: swing for swing in swings(GAIN, assumptions, 0.5)}
    ends = {name: (swing.net_at_low_usd_per_year, swing.net_at_high_usd_per_year) for name, swing in found.items()}
    assert ends["accuracy_gain_points"] == pytest.approx((400, 1400))  # $500 a point around $900
    assert ends["decisions_per_year"] == pytest.approx((150, 1650))  # $1500 of savings, halved and half as much again
    assert ends["running_cost_usd_per_year"] == pytest.approx((1050, 750))
    assert ends["horizon_years"] == pytest.approx((600, 1000))  # $1200 over 2 and over 6 years


def test_the_widest_comes_first_and_what_is_not_felt_is_left_out(assumptions):
    names = [swing.field for swing in swings(GAIN, assumptions, 0.5)]
    assert names[:3] == [
        "decisions_per_year",
        "error_handling_minutes",
        "error_handling_usd_per_hour",
    ]  # alike: by name
    assert not {"yen_per_usd", "labels_avoided_images", "cost_per_label_usd", "discount_rate"} & set(names)

"""Places on a chart's axis."""

import pytest

from components.report.axis import axis_over, round_step


@pytest.mark.parametrize(("rough", "expected"), [(0.13, 0.2), (1.0, 1.0), (2.1, 5.0), (7_300, 10_000)])
def test_steps_are_round(rough, expected):
    assert round_step(rough) == pytest.approx(expected)


def test_an_axis_holds_zero_and_everything_else():
    axis = axis_over([-700, 2600])
    assert (axis.low, axis.high, axis.step) == (-1000, 3000, 1000)
    assert axis.ticks == [-1000, 0, 1000, 2000, 3000]
    assert axis.at(0) == pytest.approx(25)
    assert axis.span(1000, -1000) == pytest.approx((0, 50))


def test_accuracy_ends_at_one():
    assert axis_over([0.97], ceiling=1.0).high == 1.0


def test_nothing_to_show_is_no_fault():
    assert axis_over([0.0, 0.0]).at(0) == 0

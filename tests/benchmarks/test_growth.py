"""Power laws through two sizes, by hand."""

import math

import pytest

from benchmarks.retrieval.growth import carried_on, slope


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (30.0, 1.0),  # ten times the vectors, ten times the cost
        (3 * math.sqrt(10), 0.5),
        (3.0, 0.0),
        (3000.0, 3.0),
    ],
    ids=["linear", "root", "constant", "cubic"],
)
def test_the_slope_between_a_hundred_thousand_and_a_million(cost, expected):
    assert slope(10**5, 3.0, 10**6, cost) == pytest.approx(expected)


def test_a_law_is_carried_on_from_the_larger_size():
    assert carried_on(10**6, 30.0, 1.0, 10**8) == pytest.approx(3000)
    assert carried_on(10**6, 30.0, 0.5, 10**8) == pytest.approx(300)

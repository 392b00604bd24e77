"""Rows that teach: never a held-out one, every other as likely, and none of them listed to draw a few."""

import tracemalloc

import numpy as np
import pytest

from components.index.taught import Taught, held_out

HELD = np.array([0, 3, 4, 9])


def test_places_step_over_held_out_rows():
    taught = Taught(10, HELD)
    assert len(taught) == 6
    np.testing.assert_array_equal(taught.at(np.arange(6)), [1, 2, 5, 6, 7, 8])


def test_a_draw_is_in_rising_order_and_whole_where_it_fits():
    taught, rng = Taught(10, HELD), np.random.default_rng(0)
    np.testing.assert_array_equal(taught.draw(6, rng), [1, 2, 5, 6, 7, 8])
    drawn = [taught.draw(3, rng) for _ in range(2000)]
    assert all((np.diff(row_N) > 0).all() for row_N in drawn)
    rows, counts = np.unique(np.concatenate(drawn), return_counts=True)
    np.testing.assert_array_equal(rows, [1, 2, 5, 6, 7, 8])
    np.testing.assert_allclose(counts / 2000, 3 / 6, atol=0.05)  # 4.5 standard deviations of 0.011


def test_it_draws_as_from_the_list_of_rows():
    rows = np.setdiff1d(np.arange(500), held := held_out(500, 40, 1))
    expected = np.sort(np.random.default_rng(7).choice(rows, size=60, replace=False))
    np.testing.assert_array_equal(Taught(500, held).draw(60, np.random.default_rng(7)), expected)


def test_held_out_rows_are_seeded_distinct_and_at_most_a_tenth():
    held_q = held_out(1000, 50, 3)
    assert len(np.unique(held_q)) == 50 and (np.diff(held_q) > 0).all()
    np.testing.assert_array_equal(held_q, held_out(1000, 50, 3))
    assert len(held_out(1000, 500, 3)) == 100
    assert len(held_out(5, 500, 3)) == 1


@pytest.mark.parametrize("vectors", [10**8, 2 * 10**9])
def test_a_few_rows_of_very_many_take_little_memory(vectors):
    """A list of 10^8 row numbers would be 800 MB."""
    tracemalloc.start()
    held_q = held_out(vectors, 500, 1)
    drawn = Taught(vectors, held_q).draw(100_000, np.random.default_rng(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(np.unique(drawn)) == 100_000 and not np.isin(drawn, held_q).any()
    assert peak < 20e6

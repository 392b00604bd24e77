"""Recall between two budgets, worked out by hand."""

import itertools
import math

import pytest

from benchmarks.retrieval.curves import (
    K,
    Point,
    Questions,
    curve,
    nearest_to,
    recall_at,
    recall_of,
    recall_within,
)
from components.index.exact import nearest
from components.index.vectors import open_pair
from tests.index.made import build

POINTS = [Point(1, 0.01, 0.4), Point(4, 0.04, 0.8), Point(16, 0.16, 1.0)]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.01, 0.4),  # a point itself
        (0.02, 0.6),  # half-way from 0.01 to 0.04 in the logarithm
        (0.08, 0.9),  # half-way from 0.04 to 0.16
        (0.16, 1.0),
    ],
)
def test_recall_is_read_straight_over_the_shares_logarithm(share, expected):
    assert recall_at(POINTS, share) == pytest.approx(expected)
    assert recall_at(POINTS[::-1], share) == pytest.approx(expected)


def test_within_a_time_the_best_of_the_quick_enough_counts():
    points = [Point(1, 0.01, 0.4, 0.1), Point(4, 0.04, 0.8, 0.4)]
    assert [recall_within(points, ms) for ms in (0.1, 0.39, 5)] == [0.4, 0.4, 0.8]
    assert math.isnan(recall_within(points, 0.09))


def test_nothing_is_made_up_outside_of_what_was_measured():
    assert math.isnan(recall_at(POINTS, 0.009)) and math.isnan(recall_at(POINTS, 0.17))
    assert math.isnan(recall_of(POINTS, 2)) and recall_of(POINTS, 4) == 0.8


def test_the_nearest_point_is_nearest_by_ratio():
    assert nearest_to(POINTS, 0.021).nprobe == 4  # 0.04 is 1.9 times as much; 0.01 less than half
    assert nearest_to(POINTS, 0.019).nprobe == 1


def test_a_curve_rises_to_exact_search_where_every_list_is_probed(vectors, tmp_path):
    opened = open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")
    query_QD = opened["text"].take(range(0, 400, 20))
    asked = Questions("text", query_QD, nearest(query_QD, opened["image"].blocks(), K)[0], None)
    points = curve(build(vectors, tmp_path / "index"), asked, opened["image"])
    assert [point.nprobe for point in points] == [1, 2, 3, 4, 6, 8]
    assert points[-1].share == points[-1].recall == 1
    assert all(low.share < high.share and low.recall <= high.recall for low, high in itertools.pairwise(points))

"""Retrieval figures against a slow plain reading of their definitions."""

import numpy as np
import pytest

from components.evaluate.retrieval import mean_average_precision, recall_at

ITEMS = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
QUERY = np.array([[1.0, 0.0]])  # nearest first: items 0, 1, 2


@pytest.mark.parametrize(
    ("right", "recalls", "precision"),
    [
        ([1, 0, 0], {1: 1.0, 2: 1.0, 3: 1.0}, 1.0),
        ([0, 0, 1], {1: 0.0, 2: 0.0, 3: 1.0}, 1 / 3),
        ([0, 1, 1], {1: 0.0, 2: 1.0, 3: 1.0}, (1 / 2 + 2 / 3) / 2),
    ],
    ids=["first", "last", "second-and-last"],
)
def test_one_query(right, recalls, precision):
    mask = np.array([right], dtype=bool)
    assert recall_at(QUERY, ITEMS, mask, (1, 2, 3)) == recalls
    assert mean_average_precision(QUERY, ITEMS, mask) == pytest.approx(precision)


def test_a_tie_counts_as_a_miss():
    same = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert recall_at(QUERY, same, np.array([[False, True]]), (1, 2)) == {1: 0.0, 2: 1.0}


def test_a_query_without_right_items_lowers_map_and_is_not_asked_for_recall():
    mask = np.array([[True, False, False], [False, False, False]])
    queries = np.repeat(QUERY, 2, axis=0)
    assert mean_average_precision(queries, ITEMS, mask) == pytest.approx(0.5)
    assert recall_at(queries, ITEMS, mask, (1,)) == {1: 1.0}


def test_both_agree_with_loops(unit_rows):
    queries, items = unit_rows(20, 6, seed=1), unit_rows(30, 6, seed=2)
    mask = np.random.default_rng(3).random((20, 30)) < 0.2
    found = recall_at(queries, items, mask, (1, 5))
    hits, precisions = {1: [], 5: []}, []
    for q in range(20):
        order = sorted(range(30), key=lambda m: -float(queries[q] @ items[m]))
        ranks = [place for place, m in enumerate(order, start=1) if mask[q, m]]
        for k in (1, 5):
            hits[k].append(any(rank <= k for rank in ranks))
        precisions.append(np.mean([(number + 1) / rank for number, rank in enumerate(ranks)]))
    assert found == pytest.approx({k: np.mean(hit) for k, hit in hits.items()})
    assert mean_average_precision(queries, items, mask) == pytest.approx(np.mean(precisions), abs=1e-6)

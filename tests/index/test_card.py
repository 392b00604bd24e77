"""The card's figures, where a reader can work them out."""

import numpy as np
import pytest

from components.index.card import answers, budgets_of, card, imbalance, latency, recall
from components.index.vectors import open_pair, open_vectors
from tests.index.made import build

HELD = np.arange(0, 400, 20)


def figures_of(vectors, folder, side="image", budgets=(1, 4, 8), **changes):
    index = build(vectors, folder, side, held=HELD, **changes)
    return card(index, open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy"), side, HELD, [*budgets])


@pytest.mark.parametrize("side", ["image", "text"])
@pytest.mark.parametrize("kind", ["ivf", "paired", "routed"])
def test_probing_every_list_is_exact(vectors, tmp_path, kind, side):
    figures = figures_of(vectors, tmp_path / "i", side, kind=kind)
    for query in ("text", "image"):
        assert [figures[f"{query}_query_nprobe_8_recall_at_{k}"] for k in (1, 10, 64)] == [1, 1, 1]
        assert figures[f"{query}_query_nprobe_8_vectors_scanned"] == 400
        assert figures[f"{query}_query_nprobe_1_vectors_scanned"] < 200


def test_a_flat_index_is_exact_and_has_no_budget(vectors, tmp_path):
    figures = figures_of(vectors, tmp_path / "i", kind="flat")
    assert figures["text_query_recall_at_64"] == figures["image_query_recall_at_1"] == 1
    assert figures["text_query_vectors_scanned"] == 400
    assert figures["list_imbalance"] == 1
    assert 64 <= figures["bytes_per_vector"] < 66  # sixteen floats, and three headers for 400 vectors


def test_a_graph_compares_with_more_vectors_when_it_keeps_more_candidates(vectors, tmp_path):
    figures = figures_of(vectors, tmp_path / "i", kind="hnsw", budgets=(64, 150), vectors_per_shard=400)
    assert (
        64
        < figures["text_query_candidates_64_vectors_scanned"]
        < figures["text_query_candidates_150_vectors_scanned"]
        <= 500
    )
    assert figures["text_query_candidates_150_recall_at_10"] > 0.95


def test_a_query_does_not_find_itself(vectors, pairs, tmp_path):
    index = build(vectors, tmp_path / "i", kind="flat")
    got = answers(index, pairs[0][HELD], 3, "image", None, HELD)
    np.testing.assert_array_equal(got, np.argsort(-pairs[0][HELD] @ pairs[0].T, axis=1)[:, 1:4])


def test_recall_by_hand(tmp_path):
    """Query (1, 0): rows 0 and 2 are equal, so either is a right first answer; row 1 is not."""
    np.save(tmp_path / "v.npy", np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32))
    stored, query_QD = open_vectors(tmp_path / "v.npy"), np.array([[1, 0], [1, 0]], dtype=np.float32)
    one = np.ones((2, 1), dtype=np.float32)
    assert recall(np.array([[0], [2]]), one, query_QD, stored) == 1
    assert recall(np.array([[1], [2]]), one, query_QD, stored) == 0.5
    assert recall(np.array([[-1], [2]]), one, query_QD, stored) == 0.5


def test_imbalance_by_hand():
    assert imbalance(np.array([5, 5, 5, 5])) == 1
    assert imbalance(np.array([10, 0])) == 2  # 2 x (1 squared)
    assert imbalance(np.array([])) == 1


def test_budgets_beyond_the_lists_are_one(vectors, tmp_path):
    assert budgets_of(build(vectors, tmp_path / "i"), [1, 8, 64, 500]) == [1, 8]
    assert budgets_of(build(vectors, tmp_path / "h", kind="hnsw"), [1, 16, 64, 96]) == [64, 96]  # it keeps 64 anyway


def test_latency_is_in_milliseconds_and_in_order(vectors, pairs, tmp_path):
    times = latency(build(vectors, tmp_path / "i"), pairs[1][:20], 5)
    assert 0 < times["p50_ms"] <= times["p99_ms"]

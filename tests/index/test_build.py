"""Indexes: a flat one is exact, an IVF one says what it scans, and both are the same bytes again."""

import faiss
import numpy as np
import pytest

from components.index.build import build, card, recall, share_scanned
from components.index.params import IndexParams

FLAT = IndexParams(kind="flat", lists=1, nprobe=1, recall_queries=10, seed=0, threads=1)
IVF = FLAT.model_copy(update={"kind": "ivf", "lists": 8, "nprobe": 2})


def test_a_flat_index_answers_as_numpy_does(unit_rows):
    vectors, queries = unit_rows(100, 16, seed=1), unit_rows(5, 16, seed=2)
    found = build(vectors, FLAT).search(queries, 3)[1]
    np.testing.assert_array_equal(found, np.argsort(-queries @ vectors.T, axis=1)[:, :3])


def test_probing_every_list_is_exact(unit_rows):
    vectors = unit_rows(400, 8, seed=1)
    figures = card(build(vectors, IVF.model_copy(update={"nprobe": 8})), vectors, {"image_query": vectors[:50]})
    assert figures["image_query_recall_at_10"] == 1.0
    assert figures["image_query_share_scanned"] == 1.0


def test_probing_a_quarter_scans_about_a_quarter(unit_rows):
    vectors = unit_rows(2000, 8, seed=1)
    assert share_scanned(build(vectors, IVF), unit_rows(200, 8, seed=2)) == pytest.approx(0.25, abs=0.1)


def test_recall_by_hand():
    assert recall(np.array([[1, 2], [3, 4]]), np.array([[2, 9], [4, 3]])) == 0.75  # 1 of 2, then 2 of 2


def test_the_same_vectors_give_the_same_file(unit_rows, tmp_path):
    vectors = unit_rows(400, 8, seed=1)
    for name in ("a", "b"):
        faiss.write_index(build(vectors, IVF), str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_too_few_vectors_for_the_lists(unit_rows):
    with pytest.raises(
        ValueError, match=r"params.yaml: index.lists is 8, but there are only 4 vectors. Lower index.lists"
    ):
        build(unit_rows(4, 8, seed=1), IVF)

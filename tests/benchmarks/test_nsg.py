"""NSG over a projected graph answers as a search does, and the projection stands in front."""

import numpy as np

from benchmarks.retrieval.nsg import curves, nsg, own_neighbours, projected, table
from components.index.bipartite import Asking
from components.index.vectors import open_pair
from tests.index.made import small_params


def test_the_projection_takes_the_first_places_and_no_row_stands_twice(vectors):
    opened = open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")
    near_NK = own_neighbours(opened["image"])
    asking = Asking(opened["text"], np.arange(100), neighbours=8, links=4)
    graph_NK = projected(near_NK, opened["image"], asking)
    changed_N = (graph_NK != near_NK).any(axis=1)
    assert 0 < changed_N.sum() <= 100
    assert all(len(set(row_K)) == len(row_K) and number not in row_K for number, row_K in enumerate(graph_NK.tolist()))


def test_an_nsg_finds_an_image_by_its_own_vector(vectors):
    stored = open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")["image"]
    answer = nsg(stored, own_neighbours(stored))
    asked_Q = np.arange(0, stored.rows, 7)
    assert (answer(stored.take(asked_Q), 64)[:, 0] == asked_Q).mean() > 0.95


def test_every_graph_stands_in_the_table(vectors):
    found = list(curves(vectors, small_params(vectors_per_shard=400)))
    shown = table(found)
    assert list(shown.index) == ["hnsw", "hnsw-captions", "nsg", "nsg-captions"]
    assert all(points[-1].recall > 0.9 for _, points in found)

"""Links that captions ask for: the projection against a slow, plain reading, and free places alone are filled."""

import faiss
import numpy as np
import pytest

from components.index.bipartite import Asking, projection, unoccluded
from components.index.build import build_index
from components.index.vectors import open_pair
from tests.index.made import MODEL, build, gapped_pairs, save_pairs, small_params


@pytest.fixture
def opened(vectors):
    return open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")


def test_a_candidate_behind_another_is_left_out():
    """Angles from the pivot: 10, 20 (10 from the first, so behind it), -15 (25 from the first), 90 (behind all)."""
    angle_N = np.radians([90, 10, 20, -15])
    candidate_ND = np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1)
    assert unoccluded(np.array([1.0, 0.0]), candidate_ND, 9).tolist() == [1, 3]
    assert unoccluded(np.array([1.0, 0.0]), candidate_ND, 1).tolist() == [1]


@pytest.mark.parametrize(("first", "end"), [(0, 400), (120, 260)], ids=["whole", "shard"])
def test_the_projection_is_what_the_paper_says(opened, pairs, first, end):
    asking = Asking(opened["text"], np.arange(0, 400, 3), neighbours=12, links=4)
    linked = projection(opened["image"], first, end, asking)
    found = {first + row: (first + linked_L).tolist() for row, linked_L in linked}
    assert found == projection_by_loops(*pairs, first, end, asking)


def test_links_go_into_free_places_and_no_other_link_is_lost(vectors, pairs, opened, tmp_path):
    settings = {"kind": "hnsw", "vectors_per_shard": 400}
    plain = build(vectors, tmp_path / "plain", **settings)
    linked = build(vectors, tmp_path / "linked", hnsw_caption_links=6, hnsw_caption_neighbours=12, **settings)
    before, after = (links_of(index.parts[0]) for index in (plain, linked))
    asking = Asking(opened["text"], np.arange(400), neighbours=12, links=6)
    asked = {row: set(linked.tolist()) for row, linked in projection(opened["image"], 0, 400, asking)}
    for row in range(400):
        assert before[row] <= after[row] <= before[row] | asked.get(row, set())
        assert len(after[row]) == min(16, len(before[row] | asked.get(row, set())))  # twice hnsw_links places
    assert sum(map(len, after)) > sum(map(len, before))


def test_captions_own_graph_is_left_alone(vectors, tmp_path):
    plain, linked = (
        build(vectors, tmp_path / str(links), side="text", kind="hnsw", hnsw_caption_links=links).parts[0]
        for links in (0, 8)
    )
    assert links_of(plain) == links_of(linked)


def test_held_out_captions_ask_for_no_link(tmp_path):
    image_ND, text_ND = gapped_pairs(300, 8, seed=6)
    held_q, files = np.arange(0, 300, 11), []
    for name in ("as they are", "turned round"):
        opened = open_pair(*(save_pairs(tmp_path / name, image_ND, text_ND) / f"corpus_{s}.npy" for s in SIDES))
        params = small_params(kind="hnsw", hnsw_caption_links=8, vectors_per_shard=300)
        build_index(
            opened, "image", tmp_path / name / "i", tmp_path / name / "d", params, model_sha256=MODEL, held_Q=held_q
        )
        files.append((tmp_path / name / "i" / "part-00000.faiss").read_bytes())
        text_ND = text_ND.copy()
        text_ND[held_q] *= -1
    assert files[0] == files[1]


SIDES = ("image", "text")


def test_captions_that_lie_between_clusters_find_more_with_their_links(tmp_path):
    """A caption is half-way between two images of different clusters, which a graph by images alone does not join."""
    rng = np.random.default_rng(0)
    image_ND = unit(rng.normal(size=(30, 16))[rng.integers(30, size=3000)] + 0.3 * rng.normal(size=(3000, 16)))
    text_ND = unit(image_ND[rng.integers(3000, size=3000)] + image_ND[rng.integers(3000, size=3000)])
    saved, held_q = save_pairs(tmp_path / "v", image_ND, text_ND), np.arange(0, 3000, 10)
    exact_QK = faiss.knn(text_ND[held_q], image_ND, 10, metric=faiss.METRIC_INNER_PRODUCT)[1]
    recalls, compared = [], []
    for links in (0, 16):
        settings = {"kind": "hnsw", "hnsw_caption_links": links, "vectors_per_shard": 3000}
        index = build(saved, tmp_path / str(links), held=held_q, **settings)
        row_QK = index.search(text_ND[held_q], 10, nprobe=20)[1]
        recalls.append(np.mean([len({*a} & {*b}) / 10 for a, b in zip(row_QK, exact_QK, strict=True)]))
        compared.append(index.scanned(text_ND[held_q], "text", 20))
    assert recalls[1] > recalls[0] + 0.05
    assert compared[1] < 1.15 * compared[0]


def unit(vector_ND):
    return (vector_ND / np.linalg.norm(vector_ND, axis=1, keepdims=True)).astype(np.float32)


def links_of(graph):
    """The links of every vector on the lowest level."""
    places, offset_N = graph.hnsw.nb_neighbors(0), faiss.vector_to_array(graph.hnsw.offsets)
    neighbours = faiss.vector_to_array(graph.hnsw.neighbors)
    return [{*neighbours[begin : begin + places].tolist()} - {-1} for begin in offset_N[:-1].tolist()]


def projection_by_loops(image_ND, text_ND, first, end, asking):
    """Candidates of a pivot are all that its captions found; the nearest first, each kept if no kept one is nearer."""
    shard, candidates = range(first, end), {}
    for caption in asking.caption_C.tolist():
        best = sorted(shard, key=lambda row: -float(image_ND[row] @ text_ND[caption]))[: asking.neighbours]
        candidates.setdefault(best[0], set()).update(best[1:])
    found = {}
    for pivot, rows in candidates.items():
        kept = []
        for row in sorted(rows - {pivot}, key=lambda row: -float(image_ND[row] @ image_ND[pivot])):
            nearer = [other for other in kept if image_ND[row] @ image_ND[other] > image_ND[row] @ image_ND[pivot]]
            if not nearer and len(kept) < asking.links:
                kept.append(row)
        found[pivot] = kept
    return found

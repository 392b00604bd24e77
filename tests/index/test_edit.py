"""Adding and removing without learning anew; rows keep their numbers."""

import numpy as np
import pytest

from components.index.edit import add_vectors, remove_rows
from components.vector_index import open_index
from tests.index.made import MODEL, build, gapped_pairs

EVERY = [
    {"kind": "flat"},
    {"kind": "flat", "codec": "sq8", "centred": True},
    {"kind": "ivf"},
    {"kind": "ivf", "on_disk": True},
    {"kind": "paired", "codec": "sq8", "centred": True},
    {"kind": "routed", "spill_margin": 0.05},
    {"kind": "hnsw"},
    {"kind": "hnsw", "hnsw_caption_links": 8},
    {"kind": "paired", "balance_rounds": 20},
]
IDS = ["-".join(str(value) for value in each.values()) for each in EVERY]


def all_rows(folder, query_QD):
    """Every row that a search through everything returns, for the first query, best first."""
    index = open_index(folder, model_sha256=MODEL)
    row_K = index.search(query_QD[:1], index.vectors, nprobe=500)[1][0]
    return row_K[row_K >= 0]


@pytest.mark.parametrize("changes", EVERY, ids=IDS)
def test_added_vectors_are_found_under_the_next_rows(vectors, pairs, tmp_path, changes):
    folder = tmp_path / "image"
    centroids = centroids_of(build(vectors, folder, **changes))
    new_ND = gapped_pairs(30, 16, seed=9)[0]
    np.testing.assert_array_equal(add_vectors(folder, new_ND, model_sha256=MODEL), np.arange(400, 430))
    index = open_index(folder, model_sha256=MODEL)
    assert index.vectors == 430
    np.testing.assert_array_equal(index.search(new_ND, 1, modality="image", nprobe=100)[1][:, 0], np.arange(400, 430))
    np.testing.assert_array_equal(centroids_of(index), centroids)


def centroids_of(index):
    return index.parts[0].quantizer.reconstruct_n(0, 8) if index.lists else np.empty(0)


@pytest.mark.parametrize("changes", EVERY, ids=IDS)
def test_removed_rows_are_never_found_and_the_others_keep_their_numbers(vectors, pairs, tmp_path, changes):
    folder = tmp_path / "image"
    build(vectors, folder, **changes)
    before = all_rows(folder, pairs[1])
    gone = np.sort(before[:25])  # the best answers, and so the ones that would show
    assert remove_rows(folder, gone, model_sha256=MODEL) == 25
    after = all_rows(folder, pairs[1])
    np.testing.assert_array_equal(after, before[~np.isin(before, gone)])
    assert open_index(folder, model_sha256=MODEL).vectors == 375


@pytest.mark.parametrize("changes", EVERY, ids=IDS)
def test_a_row_number_is_never_given_twice(vectors, tmp_path, changes):
    folder = tmp_path / "image"
    build(vectors, folder, **changes)
    assert remove_rows(folder, np.array([399, 399, 5]), model_sha256=MODEL) == 2
    assert remove_rows(folder, np.array([399]), model_sha256=MODEL) == 0
    assert add_vectors(folder, gapped_pairs(1, 16, seed=9)[0], model_sha256=MODEL).tolist() == [400]
    assert open_index(folder, model_sha256=MODEL).vectors == 399


def test_a_faulty_addition_leaves_the_index_alone(vectors, pairs, tmp_path):
    folder = tmp_path / "image"
    build(vectors, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(ValueError, match="each new vector must have the index's width 16, but their shape is"):
        add_vectors(folder, pairs[0][:, :8], model_sha256=MODEL)
    with pytest.raises(ValueError, match="new vector 1 is a zero vector"):
        add_vectors(folder, pairs[0][:3] * [[1], [0], [1]], model_sha256=MODEL)
    with pytest.raises(ValueError, match="built with another model"):
        add_vectors(folder, pairs[0], model_sha256="b" * 64)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize("rows", [[-1, 3], [3, 400]])
def test_rows_that_never_were_are_refused(vectors, tmp_path, rows):
    build(vectors, tmp_path / "image")
    wrong = rows[0] if rows[0] < 0 else rows[1]
    with pytest.raises(ValueError, match=f"rows to remove must lie in 0 to 399; {wrong} does not"):
        remove_rows(tmp_path / "image", np.array(rows), model_sha256=MODEL)


def test_an_index_is_not_emptied(vectors, tmp_path):
    build(vectors, tmp_path / "image")
    with pytest.raises(ValueError, match=r"removing 400 rows would leave no vector. Delete the folder"):
        remove_rows(tmp_path / "image", np.arange(400), model_sha256=MODEL)

"""A control changes one thing: its lists, or its way to them."""

import numpy as np
import pytest

from benchmarks.retrieval.kinds import KINDS, opened_index
from components.index.paired import assign, paired_kmeans
from components.index.vectors import open_pair
from tests.index.made import small_params

HELD = np.arange(0, 400, 13)
TAUGHT = np.setdiff1d(np.arange(400), HELD)


@pytest.fixture(scope="module")
def opened(vectors):
    return open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")


def index_of(name, opened, folder, **changes):
    return opened_index(KINDS[name], opened, small_params(**changes), HELD, folder)


def centroids(index):
    return index.parts[0].quantizer.reconstruct_n(0, index.lists)


@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_holds_every_image_and_finds_it(name, opened, tmp_path):
    index = index_of(name, opened, tmp_path, codec="sq8", on_disk=True)  # both are set aside: lists alone are compared
    image_MD = opened["image"].take(np.arange(400))
    effort = index.lists or 400
    np.testing.assert_array_equal(index.search(image_MD, 1, modality="image", nprobe=effort)[1][:, 0], np.arange(400))
    if index.lists:
        spilled = index.settings["spill_margin"] > 0
        assert index.list_sizes_L.sum() == 400 or (spilled and index.list_sizes_L.sum() > 400)


def test_shifted_queries_choose_lists_as_if_moved_by_the_mean_gap(opened, tmp_path):
    index = index_of("ivf-shifted", opened, tmp_path)
    image_ND, text_ND = (opened[side].take(TAUGHT).astype(np.float64) for side in ("image", "text"))
    query_QD = opened["text"].take(HELD)
    moved_QD = query_QD - (text_ND.mean(axis=0) - image_ND.mean(axis=0))
    expected_QL = np.argsort(-(moved_QD @ centroids(index).T), axis=1)
    np.testing.assert_array_equal(index.probe(query_QD, "text", 8)[1], expected_QL)
    plain = index_of("ivf", opened, tmp_path / "plain")
    np.testing.assert_array_equal(index.list_sizes_L, plain.list_sizes_L)
    images_own = [each.probe(query_QD, "image", 8)[1] for each in (index, plain)]
    np.testing.assert_array_equal(*images_own)


def test_own_images_are_paired_row_by_row(opened, tmp_path):
    index = index_of("control-own-images", opened, tmp_path)
    rows = [opened[side].take(TAUGHT) for side in ("image", "text")]
    expected_LD = paired_kmeans(*rows, 8, iterations=10, most_per_list=256, seed=1)
    np.testing.assert_array_equal(centroids(index), expected_LD)
    sizes_L = np.bincount(assign(opened["image"].take(np.arange(400)), expected_LD), minlength=8)
    np.testing.assert_array_equal(index.list_sizes_L, sizes_L)


def test_text_k_means_lies_among_the_texts(opened, tmp_path):
    text_D, image_D = (opened[side].take(TAUGHT).mean(axis=0) for side in ("text", "image"))
    centroid_LD = centroids(index_of("control-text-kmeans", opened, tmp_path))
    assert (
        (centroid_LD @ (text_D - image_D)).mean() > 0 > opened["image"].take(TAUGHT).mean(axis=0) @ (text_D - image_D)
    )


def test_shuffled_captions_make_no_lists_worth_the_name(opened, tmp_path):
    """Means of random texts are nearly one vector, so that most images share a few lists."""
    shuffled = index_of("control-random-texts", opened, tmp_path / "shuffled")
    paired = index_of("paired", opened, tmp_path / "paired")
    pairwise = [np.abs(centroids(each) @ centroids(each).T).mean() for each in (shuffled, paired)]
    assert pairwise[0] > pairwise[1]

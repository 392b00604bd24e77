"""Paired k-means against a slow, plain reading of Algorithm 1, and against the mistake of its published fork."""

import numpy as np
import pytest

from components.index import paired
from components.index.exact import nearest
from components.index.paired import assign, means, normalised, paired_kmeans, split_empty, update
from tests.index.made import gapped_pairs


@pytest.fixture(scope="module")
def nearest_pairs():
    """Captions and their exact nearest images, row for row."""
    image_ND, text_ND = gapped_pairs(300, 8, seed=3)
    return image_ND[nearest(text_ND, [(0, image_ND)], 1)[1][:, 0]], text_ND


@pytest.mark.parametrize("lists", [4, 12, 150], ids=["large", "small", "many split"])
def test_it_computes_what_the_algorithm_says(nearest_pairs, lists):
    image_ND, text_ND = nearest_pairs
    fast = paired_kmeans(image_ND, text_ND, lists, iterations=10, most_per_list=10**6, seed=5)
    slow = paired_kmeans_by_loops(image_ND, text_ND, lists, iterations=10, most_per_list=10**6, seed=5)
    np.testing.assert_allclose(fast, slow, atol=1e-5)
    np.testing.assert_array_equal(assign(image_ND, fast), [nearest_by_loop(x, slow) for x in image_ND])


def test_pairs_are_drawn_whole():
    """The published fork drew images and left the texts as they were, so that images met others' texts."""
    image_ND, text_ND = gapped_pairs(4000, 8, seed=4)
    fast = paired_kmeans(image_ND, text_ND, 8, iterations=5, most_per_list=50, seed=2)
    slow = paired_kmeans_by_loops(image_ND, text_ND, 8, iterations=5, most_per_list=50, seed=2)
    np.testing.assert_allclose(fast, slow, atol=1e-5)


def test_texts_of_drawn_pairs_stay_with_their_images():
    """Two clusters of images, whose texts lie on two axes: a centroid off both axes would have mixed the pairs."""
    rng = np.random.default_rng(0)
    cluster = np.arange(5000) % 2
    image_ND = normalised(np.eye(8)[cluster] + 0.01 * rng.normal(size=(5000, 8)))
    text_ND = np.eye(8, dtype=np.float32)[4 + cluster]
    # with this seed the two first centroids come from different clusters
    centroid_LD = paired_kmeans(image_ND, text_ND, 2, iterations=1, most_per_list=100, seed=0)
    np.testing.assert_allclose(np.sort(centroid_LD[:, 4:6], axis=0), [[0, 0], [1, 1]], atol=1e-6)


def test_centroids_have_unit_length_and_lie_with_the_texts(nearest_pairs):
    image_ND, text_ND = nearest_pairs
    centroid_LD = paired_kmeans(image_ND, text_ND, 8, iterations=10, most_per_list=256, seed=1)
    np.testing.assert_allclose(np.linalg.norm(centroid_LD, axis=1), 1, atol=1e-6)
    assert centroid_LD[:, 0].max() < image_ND[:, 0].mean() - 0.2  # the gap lies along the first axis


def test_a_centroid_is_the_mean_text_of_its_images():
    text_ND = np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32)
    got = update(text_ND, np.array([0, 0, 1]), np.eye(2, dtype=np.float32), np.random.default_rng(0))
    np.testing.assert_allclose(got, [[np.sqrt(0.5), np.sqrt(0.5)], [0, 1]], atol=1e-7)


def test_an_empty_list_keeps_its_row_until_it_is_split():
    got = means(np.array([[2.0, 0], [4, 0]]), np.array([1, 1]), np.array([[9.0, 9], [0, 0], [7, 7]]))
    np.testing.assert_array_equal(got, [[9, 9], [3, 0], [7, 7]])


def test_means_do_not_depend_on_the_blocks_they_are_summed_in(monkeypatch):
    image_ND, _ = gapped_pairs(100, 8, seed=5)
    list_N = np.random.default_rng(0).integers(0, 5, size=100)
    expected = [image_ND[list_N == j].mean(axis=0, dtype=np.float64) for j in range(5)]
    monkeypatch.setattr(paired, "MEANS_BLOCK", 7)
    np.testing.assert_allclose(means(image_ND, list_N, np.zeros((5, 8))), expected, atol=1e-12)


def test_an_empty_list_takes_half_of_the_only_list_that_can_give():
    centroid_LD = np.array([[1.0, 2, 3], [4, 5, 6], [0, 0, 0]])
    got = split_empty(centroid_LD, np.array([1, 4, 0]), np.random.default_rng(0))  # a list of one gives nothing
    up, down = 1 + 1 / 1024, 1 - 1 / 1024
    np.testing.assert_allclose(got, [[1, 2, 3], [4 * down, 5 * up, 6 * down], [4 * up, 5 * down, 6 * up]])


def paired_kmeans_by_loops(image_ND, text_ND, lists, *, iterations, most_per_list, seed):
    """Algorithm 1 of the paper, one pair at a time."""
    rng = np.random.default_rng(seed)
    pairs = list(zip(image_ND, text_ND, strict=True))
    if len(pairs) > lists * most_per_list:
        pairs = [pairs[i] for i in rng.permutation(len(pairs))[: lists * most_per_list]]
    centroids = [pairs[i][0] for i in rng.choice(len(pairs), size=lists, replace=False)]
    for _ in range(iterations):
        sums, sizes = np.zeros((lists, image_ND.shape[1])), np.zeros(lists, dtype=int)
        for image, text in pairs:
            j = nearest_by_loop(image, centroids)
            sums[j] += text
            sizes[j] += 1
        means_ = [sums[j] / sizes[j] if sizes[j] else np.array(centroids[j], dtype=float) for j in range(lists)]
        for j in np.flatnonzero(sizes == 0):
            weight = np.maximum(sizes - 1, 0)
            donor = rng.choice(lists, p=weight / weight.sum())
            eps = np.array([1 / 1024 if d % 2 == 0 else -1 / 1024 for d in range(image_ND.shape[1])])
            means_[j], means_[donor] = means_[donor] * (1 + eps), means_[donor] * (1 - eps)
            sizes[j] = sizes[donor] // 2
            sizes[donor] -= sizes[j]
        centroids = [(mean / np.linalg.norm(mean)).astype(np.float32) for mean in means_]
    return np.array(centroids)


def nearest_by_loop(image, centroids):
    return int(np.argmin([np.sum((image.astype(np.float64) - c) ** 2) for c in centroids]))

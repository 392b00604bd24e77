"""Paired k-means: lists of images around the captions that ask for them.

Shape legend: N = pairs, L = lists, D = width. All rows have unit length.

Liao, So, Tsiligkaridis and Kulis 2025, MUDG, Algorithm 1, https://arxiv.org/abs/2402.04416. The only change to FAISS's
spherical k-means is that pairs are assigned by their image and a centroid is the mean of their texts. A pair is a
caption and its exact nearest image (`components/index/exact.py`), not the image it was published with.
"""

import faiss
import numpy as np

SPLIT = 1 / 1024
MEANS_BLOCK = 8192
"""Vectors summed at a time."""


def paired_kmeans(
    image_ND: np.ndarray, text_ND: np.ndarray, lists: int, *, iterations: int, most_per_list: int, seed: int
) -> np.ndarray:
    """Centroids [L, D] of unit length, in the space of the texts.

    Args:
        image_ND: the nearest image of each caption; the same image may stand in several rows.
        text_ND: the captions, row for row.
        lists: number of centroids, at most N.
        iterations: rounds of assignment and update.
        most_per_list: with more than this times `lists` pairs, so many are drawn; a pair is drawn whole.
        seed: of the draw, of the first centroids and of the splits.
    """
    assert len(image_ND) == len(text_ND) >= lists, f"{len(image_ND)} images, {len(text_ND)} texts, {lists} lists"
    rng = np.random.default_rng(seed)
    if len(image_ND) > lists * most_per_list:
        drawn = rng.permutation(len(image_ND))[: lists * most_per_list]
        image_ND, text_ND = image_ND[drawn], text_ND[drawn]
    centroid_LD = normalised(image_ND[rng.choice(len(image_ND), size=lists, replace=False)])
    for _ in range(iterations):
        list_N = assign(image_ND, centroid_LD)
        centroid_LD = update(text_ND, list_N, centroid_LD, rng)
    return centroid_LD


def assign(image_ND: np.ndarray, centroid_LD: np.ndarray) -> np.ndarray:
    """Number of the nearest centroid of each image, [N]."""
    return faiss.knn(np.ascontiguousarray(image_ND), centroid_LD, 1, metric=faiss.METRIC_INNER_PRODUCT)[1][:, 0]


def update(text_ND: np.ndarray, list_N: np.ndarray, centroid_LD: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mean text of each list, empty lists split off from large ones, at unit length."""
    sizes_L = np.bincount(list_N, minlength=len(centroid_LD))
    return normalised(split_empty(means(text_ND, list_N, centroid_LD), sizes_L, rng))


def means(vector_ND: np.ndarray, list_N: np.ndarray, empty_LD: np.ndarray) -> np.ndarray:
    """Mean vector of each list [L, D]; an empty list's row is that of `empty_LD`."""
    sum_LD = np.zeros(empty_LD.shape)
    order_N = np.argsort(list_N, kind="stable")
    for first in range(0, len(order_N), MEANS_BLOCK):  # a sorted copy of all vectors would take their memory again
        some = order_N[first : first + MEANS_BLOCK]
        filled, begin = np.unique(list_N[some], return_index=True)
        sum_LD[filled] += np.add.reduceat(vector_ND[some], begin, axis=0, dtype=np.float64)
    size_L1 = np.bincount(list_N, minlength=len(empty_LD))[:, None]
    return np.where(size_L1 > 0, sum_LD / np.maximum(size_L1, 1), empty_LD)


def split_empty(centroid_LD: np.ndarray, sizes_L: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """FAISS's rule: an empty list takes half of another, drawn by its size less one, and both step aside a little."""
    centroid_LD, sizes_L = centroid_LD.copy(), sizes_L.copy()
    sign_D = np.where(np.arange(centroid_LD.shape[1]) % 2 == 0, SPLIT, -SPLIT)
    for empty in np.flatnonzero(sizes_L == 0):
        weight_L = np.maximum(sizes_L - 1, 0)
        donor = rng.choice(len(sizes_L), p=weight_L / weight_L.sum())
        centroid_LD[empty] = centroid_LD[donor] * (1 + sign_D)
        centroid_LD[donor] *= 1 - sign_D
        sizes_L[empty] = sizes_L[donor] // 2
        sizes_L[donor] -= sizes_L[empty]
    return centroid_LD


def normalised(vector_ND: np.ndarray) -> np.ndarray:
    """Rows at unit length, float32."""
    length_N1 = np.linalg.norm(vector_ND.astype(np.float64), axis=1, keepdims=True)
    return np.ascontiguousarray(vector_ND / np.maximum(length_N1, np.finfo(np.float32).tiny), dtype=np.float32)

"""An order of preference that spreads a label's images: one of each cluster first, then a second of each, and so on.

Shape legend: N = candidates of one label, D = width.

MUDG, Algorithm 2, sample selection by clustering: https://arxiv.org/abs/2402.04416. The paper clusters vectors as the
encoder gives them; ours have unit length.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import faiss
import numpy as np

Pick = Literal["random", "best"]
ITERATIONS = 20


def spread_order(vector_ND: np.ndarray, clusters: int, *, pick: Pick, generator: np.random.Generator) -> np.ndarray:
    """Positions of candidates, which are given best first, in the order in which to take them: a permutation of N.

    With more candidates than `clusters`, the first `clusters` positions hold one of each cluster (fewer clusters than
    that exist only among vectors that repeat): its best, or one drawn at random. With no more, all are taken anyway.
    """
    if len(vector_ND) <= clusters:
        return np.arange(len(vector_ND))
    cluster_N = clusters_of(vector_ND, clusters, seed=int(generator.integers(2**31)))
    turn_N = generator.permutation(len(vector_ND)) if pick == "random" else np.arange(len(vector_ND))
    by_turn_N = np.lexsort((turn_N, cluster_N))
    first_N = np.searchsorted(cluster_N[by_turn_N], cluster_N[by_turn_N], side="left")
    round_N = np.empty(len(vector_ND), dtype=np.int64)
    round_N[by_turn_N] = np.arange(len(vector_ND)) - first_N
    return np.lexsort((np.arange(len(vector_ND)), round_N))


def clusters_of(vector_ND: np.ndarray, clusters: int, *, seed: int) -> np.ndarray:
    """Each vector's cluster, int64 [N], by Euclidean k-means; one thread adds in one order, so every run agrees."""
    vector_ND = np.ascontiguousarray(vector_ND, dtype=np.float32)
    settings = {
        "niter": ITERATIONS,
        "seed": seed,
        "init_method": faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS,  # a plain draw leaves out what is small and far off
        "min_points_per_centroid": 1,
        "max_points_per_centroid": len(vector_ND),
    }
    with one_thread():
        kmeans = faiss.Kmeans(vector_ND.shape[1], clusters, **settings)
        kmeans.train(vector_ND)
        return kmeans.index.search(vector_ND, 1)[1][:, 0]


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS on one thread inside the block, on as many as before behind it."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)

"""Exact nearest neighbours by inner product, over blocks of vectors.

Shape legend: Q = queries, K = neighbours, N = rows of a block, D = width.
"""

from collections.abc import Iterable

import faiss
import numpy as np


def nearest(
    query_QD: np.ndarray, blocks: Iterable[tuple[int, np.ndarray]], k: int, *, but_Q: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Inner products and rows [Q, K] of the `k` best of all rows, best first; of equal ones the lower row.

    Args:
        query_QD: queries.
        blocks: first row and vectors of each block.
        k: neighbours; fewer columns come back if the blocks hold fewer rows.
        but_Q: for each query a row that is left out, so that a vector does not find itself.
    """
    more = k if but_Q is None else k + 1
    best_QK = np.empty((len(query_QD), 0), dtype=np.float32)
    row_QK = np.empty((len(query_QD), 0), dtype=np.int64)
    for first, block_ND in blocks:
        score_QK, near_QK = faiss.knn(query_QD, block_ND, min(more, len(block_ND)), metric=faiss.METRIC_INNER_PRODUCT)
        best_QK, row_QK = _best(np.hstack([best_QK, score_QK]), np.hstack([row_QK, near_QK + first]), more)
    if but_Q is not None:
        best_QK = np.where(row_QK == but_Q[:, None], -np.inf, best_QK)
        best_QK, row_QK = _best(best_QK, row_QK, min(k, row_QK.shape[1] - 1))
    return best_QK, row_QK


def _best(score_QK: np.ndarray, row_QK: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    order_QK = np.lexsort((row_QK, -score_QK), axis=1)[:, :k]
    return np.take_along_axis(score_QK, order_QK, axis=1), np.take_along_axis(row_QK, order_QK, axis=1)

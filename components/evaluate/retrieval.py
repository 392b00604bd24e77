"""Retrieval figures: recall@k of the own caption, mean average precision by class.

Shape legend: Q = queries, M = items of the database, D = width. All rows have unit length.
"""

import numpy as np


def recall_at(query_QD: np.ndarray, item_MD: np.ndarray, right_QM: np.ndarray, ks: tuple[int, ...]) -> dict[int, float]:
    """Share of queries with at least one right item among the k nearest; a tie counts as a miss."""
    cosine_QM = query_QD @ item_MD.T
    best_right_Q = np.where(right_QM, cosine_QM, -np.inf).max(axis=1)
    ahead_Q = ((cosine_QM >= best_right_Q[:, None]) & ~right_QM).sum(axis=1)
    asked_Q = right_QM.any(axis=1)
    return {k: float((ahead_Q[asked_Q] < k).mean()) if asked_Q.any() else 0.0 for k in ks}


def mean_average_precision(query_QD: np.ndarray, item_MD: np.ndarray, right_QM: np.ndarray) -> float:
    """MAP over the whole ranking, 0 to 1; a query without any right item counts 0."""
    order_QM = np.argsort(-(query_QD @ item_MD.T), axis=1, kind="stable")
    ranked_QM = np.take_along_axis(right_QM, order_QM, axis=1)
    precision_QM = ranked_QM.cumsum(axis=1) / np.arange(1, ranked_QM.shape[1] + 1)
    return float(((precision_QM * ranked_QM).sum(axis=1) / ranked_QM.sum(axis=1).clip(min=1)).mean())

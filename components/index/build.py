"""FAISS indexes over unit vectors, searched by inner product.

Shape legend: M = vectors in the index, Q = queries, K = neighbours, D = width. All rows have unit length.
"""

from typing import Any

import faiss
import numpy as np

from components.index.params import IndexParams


def build(vector_MD: np.ndarray, params: IndexParams) -> faiss.Index:
    """An index of the chosen kind holding `vector_MD` in order, so that a result is a row number.

    Raises:
        ValueError: there are fewer vectors than lists.
    """
    width = vector_MD.shape[1]
    if params.kind == "flat":
        index: Any = faiss.IndexFlatIP(width)
    else:
        if len(vector_MD) < params.lists:
            raise ValueError(
                f"params.yaml: index.lists is {params.lists}, but there are only {len(vector_MD)} vectors. "
                "Lower index.lists, or set index.kind to flat."
            )
        lists = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, params.lists, faiss.METRIC_INNER_PRODUCT)
        lists.cp.seed, lists.cp.spherical = params.seed, True
        lists.train(vector_MD)
        lists.nprobe = min(params.nprobe, params.lists)
        index = lists
    index.add(vector_MD)
    return index


def recall(found_QK: np.ndarray, exact_QK: np.ndarray) -> float:
    """Share of the exact K nearest neighbours that were found, 0 to 1."""
    hits = [len(np.intersect1d(found, exact)) for found, exact in zip(found_QK, exact_QK, strict=True)]
    return float(np.mean(hits) / exact_QK.shape[1])


def card(index: faiss.Index, vector_MD: np.ndarray, queries: dict[str, np.ndarray]) -> dict[str, float]:
    """What the index does: recall@{1, 10, 64} against exact search for each kind of query, and the vectors scanned."""
    exact = faiss.IndexFlatIP(vector_MD.shape[1])
    exact.add(vector_MD)
    figures: dict[str, float] = {"vectors": len(vector_MD)}
    for kind, query_QD in queries.items():
        for k in (k for k in (1, 10, 64) if k <= len(vector_MD)):
            figures[f"{kind}_recall_at_{k}"] = recall(index.search(query_QD, k)[1], exact.search(query_QD, k)[1])
        figures[f"{kind}_share_scanned"] = share_scanned(index, query_QD)
    return figures


def share_scanned(index: faiss.Index, query_QD: np.ndarray) -> float:
    """Mean share of the vectors that a search compares a query with, 0 to 1."""
    if not isinstance(index, faiss.IndexIVF):
        return 1.0
    sizes = np.array([index.get_list_size(each) for each in range(index.nlist)])
    probed_QP = index.quantizer.search(query_QD, index.nprobe)[1]
    return float(sizes[probed_QP].sum(axis=1).mean() / index.ntotal)


def imbalance(index: faiss.Index) -> float:
    """How uneven the lists are: 1 is even; FAISS's factor, lists x sum of squared shares."""
    if not isinstance(index, faiss.IndexIVF):
        return 1.0
    return float(index.invlists.imbalance_factor())  # type: ignore[union-attr]

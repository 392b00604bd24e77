"""What an index does: recall against exact search at several budgets, work, evenness, size; and, for benchmarks, time.

Shape legend: Q = queries, K = neighbours, D = width.

A query that is stored itself (an image on the image side, a caption on the caption side) is left out of its own
answer, in exact search and in the index's alike: to find oneself proves nothing.
"""

import time

import numpy as np

from components.index.exact import nearest
from components.index.vectors import Vectors
from components.vector_index import NO_ROW, Modality, VectorIndex

DEPTHS = (1, 10, 64)
TIE = 1e-6


def card(
    index: VectorIndex, opened: dict[str, Vectors], side: str, held_Q: np.ndarray, budgets: list[int]
) -> dict[str, float]:
    """Figures of the index of one side, for text queries and for image queries.

    Args:
        index: the index of `opened[side]`.
        opened: the image and the text vectors of the same records.
        side: whose vectors are stored.
        held_Q: rows whose vectors ask; nothing was learned from them.
        budgets: numbers of probed lists (hnsw: candidates kept) to measure at.
    """
    figures: dict[str, float] = {
        "vectors": index.vectors,
        "bytes_per_vector": sum(each["bytes"] for each in index.manifest["files"].values()) / index.vectors,
        "list_imbalance": imbalance(index.list_sizes_L),
    }
    depths = [k for k in DEPTHS if k < index.vectors]
    modalities: tuple[Modality, ...] = ("text", "image")
    for modality in modalities:
        query_QD = opened[modality].take(held_Q)
        itself_Q = held_Q if modality == side else None
        exact_QK = nearest(query_QD, opened[side].blocks(), max(depths, default=0), but_Q=itself_Q)[0]
        for budget in budgets_of(index, budgets):
            name = asked(modality, index.kind, budget)
            figures[f"{name}_vectors_scanned"] = index.scanned(query_QD, modality, budget or None)
            for k in depths:
                row_QK = answers(index, query_QD, k, modality, budget or None, itself_Q)
                figures[f"{name}_recall_at_{k}"] = recall(row_QK, exact_QK[:, :k], query_QD, opened[side])
    return figures


def budgets_of(index: VectorIndex, budgets: list[int]) -> list[int]:
    """The budgets that differ for this index; 0 stands for one without a budget.

    A graph keeps at least as many candidates as neighbours are asked for, so that fewer than the deepest of `DEPTHS`
    are no budget of their own.
    """
    if index.kind == "flat":
        return [0]
    return sorted({min(each, index.lists) if index.lists else max(each, DEPTHS[-1]) for each in budgets})


def budget_name(kind: str) -> str:
    """What a budget counts: lists probed, or candidates that a walk of the graph keeps (FAISS: efSearch)."""
    return "candidates" if kind == "hnsw" else "nprobe"


def asked(modality: Modality, kind: str, budget: int) -> str:
    """How the names of figures of one way of asking begin."""
    return f"{modality}_query_{budget_name(kind)}_{budget}" if budget else f"{modality}_query"


def answers(
    index: VectorIndex, query_QD: np.ndarray, k: int, modality: Modality, nprobe: int | None, but_Q: np.ndarray | None
) -> np.ndarray:
    """Rows [Q, K] that the index gives, each query's own row `but_Q` left out."""
    more = k if but_Q is None else k + 1
    row_QK = index.search(query_QD, more, modality=modality, nprobe=nprobe)[1]
    if but_Q is None:
        return row_QK
    own_last_QK = np.argsort(row_QK == but_Q[:, None], axis=1, kind="stable")
    return np.take_along_axis(row_QK, own_last_QK, axis=1)[:, :k]


def recall(row_QK: np.ndarray, exact_QK: np.ndarray, query_QD: np.ndarray, stored: Vectors) -> float:
    """Share of the K answers that are as near as the K-th exact neighbour, 0 to 1.

    By inner product and not by row number: equal captions have equal vectors, and either is right.

    Args:
        row_QK: answers; `NO_ROW` counts as a miss.
        exact_QK: inner products of the exact neighbours, best first.
        query_QD: queries.
        stored: the vectors that the rows number.
    """
    found = 0
    for query_D, row_K, exact_K in zip(query_QD, row_QK, exact_QK, strict=True):
        row_K = row_K[row_K != NO_ROW]
        found += int((stored.take(row_K) @ query_D >= exact_K[-1] - TIE).sum())
    return found / exact_QK.size


def imbalance(sizes_L: np.ndarray) -> float:
    """How uneven the lists are: 1 is even (or no lists); FAISS's factor, lists times the sum of squared shares."""
    if not len(sizes_L):
        return 1.0
    return float(len(sizes_L) * np.square(sizes_L / sizes_L.sum()).sum())


def latency(
    index: VectorIndex,
    query_QD: np.ndarray,
    k: int,
    *,
    modality: Modality = "text",
    nprobe: int | None = None,
    warm_up: int = 10,
) -> dict[str, float]:
    """Milliseconds of a search for one query, median and 99th percentile: for benchmarks, since a time is no output.

    Args:
        index: an opened index.
        query_QD: queries, asked one by one.
        k: neighbours.
        modality: what the queries are vectors of.
        nprobe: lists scanned; None takes the index's own setting.
        warm_up: queries asked before the clock runs.
    """
    for query_D in query_QD[:warm_up]:
        index.search(query_D[None], k, modality=modality, nprobe=nprobe)
    times_ms = []
    for query_D in query_QD:
        begin = time.perf_counter()
        index.search(query_D[None], k, modality=modality, nprobe=nprobe)
        times_ms.append(1000 * (time.perf_counter() - begin))
    return {"p50_ms": float(np.percentile(times_ms, 50)), "p99_ms": float(np.percentile(times_ms, 99))}

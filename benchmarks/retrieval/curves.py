"""Recall against work and against time: points of one index, and values read between them.

Shape legend: Q = queries, D = width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.index.card import answers, latency, recall
from components.index.vectors import Vectors
from components.vector_index import Modality, VectorIndex

K = 10
SHARES = (0.01, 0.02, 0.05, 0.1)
"""Where kinds are compared at equal work."""
TIMES_MS = (0.05, 0.1, 0.2)
"""Where kinds are compared at equal latency."""
TIMED_QUERIES = 200
PROBES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256)
EQUAL_PROBES = (1, 4, 16)
"""Where kinds are compared at equal nprobe."""
CANDIDATES = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""What a graph keeps while it walks; less than K makes no difference."""


@dataclass(frozen=True)
class Point:
    """One setting of the budget."""

    nprobe: int
    """Lists probed (hnsw: candidates kept)."""
    share: float
    """Vectors scanned for a query, of all; above 1 where spilled vectors are met twice."""
    recall: float
    """Recall at K against exact search, 0 to 1."""
    p50_ms: float = math.nan
    """Median time of a query by itself, one thread."""


@dataclass(frozen=True)
class Questions:
    """Queries of one modality and their exact answers."""

    modality: Modality
    query_QD: np.ndarray
    exact_QK: np.ndarray
    """Inner products of the exact neighbours, best first."""
    but_Q: np.ndarray | None
    """Rows that are the queries themselves."""


def curve(index: VectorIndex, asked: Questions, stored: Vectors) -> list[Point]:
    """Points of rising budget, for lists up to all of them: so that none is worth less for having been asked less."""
    points: list[Point] = []
    for nprobe in budgets(index):
        share = index.scanned(asked.query_QD, asked.modality, nprobe) / stored.rows
        row_QK = answers(index, asked.query_QD, K, asked.modality, nprobe, asked.but_Q)
        found = recall(row_QK, asked.exact_QK, asked.query_QD, stored)
        times = latency(index, asked.query_QD[:TIMED_QUERIES], K, modality=asked.modality, nprobe=nprobe)
        points.append(Point(nprobe, share, found, times["p50_ms"]))
    return points


def budgets(index: VectorIndex) -> list[int]:
    """Settings to measure; lists stop at all of them."""
    return sorted({min(each, index.lists) for each in PROBES}) if index.lists else list(CANDIDATES)


Price = Literal["share", "p50_ms"]
"""What recall is bought with: work or time."""


def recall_at(points: Sequence[Point], share: float) -> float:
    """Recall at a share, straight between the neighbouring points over the share's logarithm; NaN outside of them."""
    points = sorted(points, key=lambda point: point.share)
    if not points[0].share <= share <= points[-1].share:
        return math.nan
    shares, recalls = [point.share for point in points], [point.recall for point in points]
    return float(np.interp(math.log(share), np.log(shares), recalls))


def recall_within(points: Sequence[Point], time_ms: float) -> float:
    """The best recall of all points whose median time is at most this; NaN if none is so quick."""
    return max((point.recall for point in points if point.p50_ms <= time_ms), default=math.nan)


def recall_of(points: Sequence[Point], nprobe: int) -> float:
    """Recall at this number of lists; NaN where it was not measured."""
    return next((point.recall for point in points if point.nprobe == nprobe), math.nan)


def nearest_to(points: Sequence[Point], share: float) -> Point:
    """The point whose share is nearest by ratio."""
    return min(points, key=lambda point: abs(math.log(point.share / share)))

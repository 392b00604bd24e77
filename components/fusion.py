"""Rankings from several kinds of evidence, fused into one.

Shape legend: P = prompts of one query, K = neighbours of one prompt.

Reciprocal-rank fusion: Cormack, Clarke and Büttcher 2009, https://doi.org/10.1145/1571941.1572114
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

RANK_OFFSET = 60
"""The constant of reciprocal-rank fusion in its paper."""


@dataclass(frozen=True)
class Evidence:
    """What one kind of vector says about one label's prompts: nearest rows and their cosines, [P, K] each."""

    row_PK: np.ndarray
    cosine_PK: np.ndarray
    weight: float


def fuse(evidence: Iterable[Evidence]) -> pd.DataFrame:
    """One label's candidates: `row`, `score` (weighted mean reciprocal rank over prompts), `cosine` (the best)."""
    parts = []
    for each in evidence:
        prompts, neighbours = each.row_PK.shape
        rank_PK = np.broadcast_to(np.arange(neighbours), each.row_PK.shape)
        part = {
            "row": each.row_PK.ravel(),
            "score": (each.weight / prompts / (RANK_OFFSET + 1 + rank_PK)).ravel(),
            "cosine": each.cosine_PK.ravel(),
        }
        parts.append(pd.DataFrame(part)[part["row"] >= 0])  # FAISS answers -1 where a list is too short
    candidates = pd.concat(parts, ignore_index=True)
    return candidates.groupby("row", as_index=False).agg(score=("score", "sum"), cosine=("cosine", "max"))

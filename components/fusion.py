"""Rankings from several kinds of evidence, fused into one.

Shape legend: P = prompts of one query, K = neighbours of one prompt.

Reciprocal-rank fusion: Cormack, Clarke and Büttcher 2009, https://doi.org/10.1145/1571941.1572114
"""

from collections.abc import Iterable, Sequence
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
    """One label's candidates in the order of their rows.

    `score` is the weighted mean reciprocal rank over prompts, `cosine` the best of any evidence, `agreement` the share
    of the evidence that found the row.
    """
    evidence = list(evidence)
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
    return summed(parts, evidence)


def summed(parts: Sequence[pd.DataFrame], evidence: Sequence[Evidence]) -> pd.DataFrame:
    """Occurrences (row, score, cosine) of each evidence as one line a row: scores added, the best cosine, agreement."""
    occurrences = pd.concat(parts, ignore_index=True)
    candidates = occurrences.groupby("row", as_index=False).agg(score=("score", "sum"), cosine=("cosine", "max"))
    return candidates.assign(agreement=candidates["row"].map(agreement(evidence)))


def agreement(evidence: Sequence[Evidence]) -> pd.Series:
    """Share of the evidence, by weight, that found each row by any prompt, above 0 to 1; indexed by row."""
    found = [pd.Series(each.weight, index=np.unique(each.row_PK[each.row_PK >= 0])) for each in evidence]
    return pd.concat(found).groupby(level=0).sum() / sum(each.weight for each in evidence)

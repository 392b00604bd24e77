"""Rankings from several kinds of evidence, fused into one.

Shape legend: P = queries of one label, K = neighbours of one query.

Reciprocal-rank fusion: Cormack, Clarke and Büttcher 2009, https://doi.org/10.1145/1571941.1572114
Rank sum: the conflict rule of MUDG, https://arxiv.org/abs/2402.04416
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

RANK_OFFSET = 60
"""The constant of reciprocal-rank fusion in its paper."""
Scoring = Literal["reciprocal_rank", "rank_sum"]


@dataclass(frozen=True)
class Evidence:
    """What one kind of evidence says about one label: the nearest rows of each query, best first, -1 where none."""

    kind: str
    """`image`, `caption` or `words`."""
    queries: Sequence[str]
    row_PK: np.ndarray
    weight: float
    trust_K: np.ndarray | None = None
    """What is left of the weight at each rank, 0 to 1; None leaves all of it at every rank."""


def fuse(evidence: Sequence[Evidence], scoring: Scoring = "reciprocal_rank") -> pd.DataFrame:
    """One label's candidates in the order of their rows: `row`, `score`, `agreement`, `query`.

    `score` is the weighted sum over the kinds of evidence of the mean over their queries of 1 / (60 + rank), or of
    (K - rank + 1) / K. `agreement` is the share of the evidence, by weight, that found the row at all, 0 to 1: captions
    can lie and vectors can err, but seldom about the same image. Evidence with a `trust_K` counts for both as far as it
    is trusted at the rank, for `agreement` at the best one. `query` is the one that contributed most. What no trusted
    evidence found is no candidate.

    Raises:
        ValueError: there is no evidence, because no kind has any weight.
    """
    if not evidence:
        raise ValueError(
            "params.yaml: retrieve.image_weight, caption_weight and words_weight are all 0. Raise one of them."
        )
    found = pd.concat([_occurrences(each, scoring) for each in evidence], ignore_index=True)
    if found.empty:
        return pd.DataFrame({"row": [], "score": [], "agreement": [], "query": []}).astype(_TYPES)
    total = sum(each.weight for each in evidence)
    score = found.groupby("row")["part"].sum()
    kinds = found.groupby(["row", "kind"], sort=False)["weight"].max().groupby("row").sum() / total
    best = found.sort_values(["row", "part"], ascending=[True, False], kind="stable").drop_duplicates("row")
    return pd.DataFrame(
        {
            "row": score.index,
            "score": score.to_numpy(),
            "agreement": kinds.to_numpy(),
            "query": best["query"].to_numpy(),
        }
    ).astype(_TYPES)


_TYPES = {"row": "int64", "score": "float64", "agreement": "float64", "query": "str"}


def _occurrences(evidence: Evidence, scoring: Scoring) -> pd.DataFrame:
    """Every row that the evidence found, once for each query that found it, with what that adds to the score."""
    queries, neighbours = evidence.row_PK.shape
    rank_K = np.arange(neighbours)
    part_K = 1 / (RANK_OFFSET + 1 + rank_K) if scoring == "reciprocal_rank" else (neighbours - rank_K) / neighbours
    weight_K = evidence.weight * (np.ones(neighbours) if evidence.trust_K is None else evidence.trust_K)
    occurrences = pd.DataFrame(
        {
            "kind": evidence.kind,
            "row": evidence.row_PK.ravel(),
            "part": np.tile(weight_K / queries * part_K, queries),
            "weight": np.tile(weight_K, queries),
            "query": np.repeat([f"{evidence.kind}: {query}" for query in evidence.queries], neighbours),
        }
    )
    return occurrences[(occurrences["row"] >= 0) & (occurrences["part"] > 0)]

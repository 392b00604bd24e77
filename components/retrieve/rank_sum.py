"""The rule by which MUDG scores what it retrieved, and settles who may keep an image that several labels found.

Shape legend: P = prompts of one label, K = neighbours of one prompt.

MUDG, Algorithm 2 (diversified retrieval): https://arxiv.org/abs/2402.04416
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from components.fusion import Evidence, summed
from components.retrieve.select import settle


def rank_sum(evidence: Iterable[Evidence]) -> pd.DataFrame:
    """One label's candidates as `fuse` gives them, scored by summed rank instead of by reciprocal rank.

    An occurrence at rank r (0-based) among K neighbours is worth weight * (K - r); `score` is the sum over prompts and
    kinds of evidence, at least the smallest weight. With one evidence of weight 1 it is the paper's score.
    """
    evidence = list(evidence)
    parts = []
    for each in evidence:
        neighbours = each.row_PK.shape[1]
        worth_PK = np.broadcast_to(each.weight * (neighbours - np.arange(neighbours)), each.row_PK.shape)
        part = {"row": each.row_PK.ravel(), "score": worth_PK.ravel(), "cosine": each.cosine_PK.ravel()}
        parts.append(pd.DataFrame(part)[part["row"] >= 0])  # FAISS answers -1 where a list is too short
    return summed(parts, evidence)


def settle_by_rank_sum(candidates: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """As `settle_conflicts`, with ties drawn by lot, as in the paper.

    `candidates` has columns label, row, score, cosine, agreement; the lots do not depend on the order of its lines.
    """
    lots = candidates.sort_values(["row", "label"], kind="stable").assign(lot=generator.permutation(len(candidates)))
    return settle(lots, {"score": False, "lot": True}).drop(columns="lot")

"""From settled candidates to the selection: guard, floors, near-duplicates, spread, quota, in this order.

Shape legend: N = settled candidates, M = records of the corpus, D = width.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from components.retrieve.cluster import Pick, spread_order
from components.retrieve.select import floor_reasons, last_spared, quota_reasons, ranked_by_score
from components.retrieve.thin import Nearness, thin

How = Literal["top", "clustered"]


class Choice(NamedTuple):
    """What was chosen, and what was not."""

    chosen: pd.DataFrame
    """The chosen lines of the settled candidates, with `rank` from 1, in the order of labels and ranks."""
    dropped: pd.DataFrame
    """label, row and reason of every other line."""


def choose(
    settled: pd.DataFrame,
    records: pd.DataFrame,
    vector_MD: np.ndarray,
    *,
    copied_N: np.ndarray,
    least_cosine: float,
    least_confidence: float,
    nearness: Nearness,
    choice: How,
    pick: Pick,
    images_per_label: int,
    source_share: float,
    seed: int,
) -> Choice:
    """Choose each label's images.

    Args:
        settled: one line an image: label, row, score, cosine, agreement, confidence, accepted (by a person).
        records: the corpus, for each row its source and perceptual_hash.
        vector_MD: the corpus' image vectors, of unit length; may be memory-mapped.
        copied_N: mask of the lines that copy an evaluation image; not even a person lets these pass.
        choice: `top` takes the best scores, `clustered` one image of each of `images_per_label` clusters.
        pick: which of a cluster: the `best`, or a `random` one.
        seed: draws the clusters and the random picks, for each label anew.
    """
    best_first = ["accepted", "score", "cosine", "row"]
    table = settled.assign(
        source=records["source"].to_numpy()[settled["row"]],
        perceptual_hash=records["perceptual_hash"].to_numpy()[settled["row"]],
        copied=copied_N,
    ).sort_values(best_first, ascending=[False, False, False, True], kind="stable", ignore_index=True)
    floors = floor_reasons(table, least_cosine=least_cosine, least_confidence=least_confidence)
    floors = np.where(table["copied"], "evaluation_copy", floors).astype(object)
    reason_N = last_spared(table, floors)
    table, dropped = _parted(table.assign(always=table["accepted"] | (floors != reason_N)), reason_N)
    going = [dropped]

    vector_ND, always_N = vector_MD[table["row"].to_numpy()], table["always"].to_numpy(dtype=bool)
    repeated_N = thin(vector_ND, table["perceptual_hash"].tolist(), nearness, always_N=always_N)
    table, dropped = _parted(table, np.where(repeated_N >= 0, "near_duplicate", ""))
    going.append(dropped)

    if choice == "clustered":
        table = _spread(table, vector_MD, images_per_label, pick, seed)
    quota = quota_reasons(table, images_per_label=images_per_label, source_share=source_share)
    table, dropped = _parted(table, quota)
    going.append(dropped)
    return Choice(ranked_by_score(table[settled.columns]), pd.concat(going, ignore_index=True))


def _parted(table: pd.DataFrame, reason_N: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines without a reason, and label, row and reason of the others."""
    going = reason_N != ""
    return table[~going].reset_index(drop=True), table.loc[going, ["label", "row"]].assign(reason=reason_N[going])


def _spread(table: pd.DataFrame, vector_MD: np.ndarray, clusters: int, pick: Pick, seed: int) -> pd.DataFrame:
    """Each label's lines in the order of preference that its clusters give, the accepted ones first."""
    parts = [table.head(0)]
    for label in sorted(set(table["label"])):
        lines = table[table["label"] == label]
        accepted, others = lines[lines["accepted"]], lines[~lines["accepted"]]
        generator = np.random.default_rng([seed, int(label)])
        wanted = clusters - len(accepted)
        if wanted > 0:
            order = spread_order(vector_MD[others["row"].to_numpy()], wanted, pick=pick, generator=generator)
            others = others.iloc[order]
        parts += [accepted, others]
    return pd.concat(parts, ignore_index=True)

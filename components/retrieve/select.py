"""From ranked candidates to a pseudo-labelled selection: conflicts, floors, quotas, and a reason for each that goes.

A table of candidates has columns label (its number), row (in the manifest), score, cosine and agreement, one line for
each label and row. A reason is a word, or "" for what stays; what a person accepted (column `accepted`) always stays.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

COSINE, CONFIDENCE = "below_least_cosine", "below_least_confidence"
SOURCE, PLACES = "over_source_share", "over_images_per_label"


def settle_conflicts(candidates: pd.DataFrame) -> pd.DataFrame:
    """Give each image to the label with the highest score, then the highest cosine, then the first label.

    `rivals` counts the other labels that found it; `confidence` is the winner's share of all its scores times its
    agreement, 0 to 1. A label that loses every image keeps its best one, unless that is also all the winner has.
    """
    return settle(candidates, {"score": False, "cosine": False, "label": True})


def settle(candidates: pd.DataFrame, order: Mapping[str, bool]) -> pd.DataFrame:
    """One line an image: that of the label which comes first by `order`, columns with whether small comes first."""
    ranked = candidates.sort_values(list(order), ascending=list(order.values()), kind="stable")
    claims = ranked.groupby("row")
    ranked["rivals"] = claims["label"].transform("size") - 1
    share = (ranked["score"] / claims["score"].transform("sum")).fillna(1 / (ranked["rivals"] + 1))  # 0 of 0
    ranked["confidence"] = share * ranked["agreement"]
    settled = ranked.drop_duplicates("row").reset_index(drop=True)
    for label in sorted(set(ranked["label"]) - set(settled["label"])):
        held = settled["label"].map(settled["label"].value_counts()).set_axis(settled["row"])
        claimed = ranked[ranked["label"] == label]
        spared = claimed[claimed["row"].map(held) > 1].head(1)
        settled = pd.concat([settled[~settled["row"].isin(spared["row"])], spared], ignore_index=True)
    return settled


def ranked_by_score(table: pd.DataFrame) -> pd.DataFrame:
    """The lines in the order of labels and scores, with `rank` from 1 in each label."""
    best = table.sort_values(["label", "score", "row"], ascending=[True, False, True], kind="stable", ignore_index=True)
    return best.assign(rank=best.groupby("label").cumcount() + 1)


def floor_reasons(settled: pd.DataFrame, *, least_cosine: float, least_confidence: float) -> np.ndarray:
    """For each line the floor that it misses; a missing cosine misses any."""
    too_far = ~(settled["cosine"] >= least_cosine)
    unsure = ~(settled["confidence"] >= least_confidence)
    reasons = np.select([too_far, unsure], [COSINE, CONFIDENCE], default="")
    return np.where(settled["accepted"], "", reasons)


def last_spared(settled: pd.DataFrame, reason_N: np.ndarray) -> np.ndarray:
    """The reasons, without that of a label's surest line where the floor of confidence would leave the label nothing.

    A weak example teaches a label more than none; `confidence` says how weak. One that is too far stays out.
    """
    going = settled.assign(reason=reason_N)
    empty = set(going["label"]) - set(going.loc[going["reason"] == "", "label"])
    unsure = going[going["label"].isin(empty) & (going["reason"] == CONFIDENCE)]
    surest = unsure.sort_values("confidence", ascending=False, kind="stable").drop_duplicates("label")
    spared_N = reason_N.copy()
    spared_N[settled.index.get_indexer(surest.index)] = ""
    return spared_N


def quota_reasons(preferred: pd.DataFrame, *, images_per_label: int, source_share: float) -> np.ndarray:
    """For each line of `preferred`, the first choice of each label first, why it is not taken.

    One source gives a label at most `source_share` of `images_per_label`, rounded down, yet at least one image. Places
    that a short source leaves go to the others until they too are full; then they stay empty. `preferred` has columns
    label, source and accepted, the accepted lines of a label before its others.
    """
    most = places_of_one_source(images_per_label, source_share)
    has_room = preferred.groupby(["label", "source"]).cumcount().to_numpy() < most
    taken_before = pd.Series(has_room).groupby(preferred["label"].to_numpy()).cumsum().to_numpy() - has_room
    reasons = np.select([taken_before >= images_per_label, ~has_room], [PLACES, SOURCE], default="")
    return np.where(preferred["accepted"], "", reasons)


def places_of_one_source(images_per_label: int, source_share: float) -> int:
    """Most images of one label that one source may give."""
    return max(1, int(images_per_label * source_share + 1e-9))


def empty_places(chosen: pd.DataFrame, dropped: pd.DataFrame, *, images_per_label: int) -> pd.Series:
    """For each label, by its number, how many places its quota left empty although images were at hand; 0 left out."""
    refused = dropped.loc[dropped["reason"] == SOURCE, "label"].value_counts()
    left = images_per_label - chosen["label"].value_counts().reindex(refused.index, fill_value=0)
    empty = pd.concat([refused, left], axis=1).min(axis=1).astype("int64")
    return empty[empty > 0].sort_index()


def lost_claims(candidates: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Each (label, row) of the candidates that another label won, as lines for the table of what was dropped."""
    both = candidates.merge(settled[["label", "row"]], on=["label", "row"], how="left", indicator=True)
    lost = both[both["_merge"] == "left_only"]
    return lost[["label", "row"]].assign(reason="another_label_won").reset_index(drop=True)


def dropped_counts(dropped: pd.DataFrame) -> dict[str, int]:
    """How many candidates went for each reason, in the order of the reasons' words."""
    return {str(reason): int(count) for reason, count in dropped["reason"].value_counts().sort_index().items()}

"""From ranked candidates to a pseudo-labelled selection: conflicts, floors, quotas.

Conflicts are settled by summed rank, as in MUDG's diversified retrieval, https://arxiv.org/abs/2402.04416.
"""

import pandas as pd


def settle_conflicts(candidates: pd.DataFrame) -> pd.DataFrame:
    """Give each image to the label with the highest score (then cosine, then first label); `rivals` counts the others.

    `candidates` has columns label, row, score, cosine. `confidence` is the winner's share of all scores, 0 to 1.
    A label that loses every image keeps its best one, unless that is also all the winner has.
    """
    order = ["score", "cosine", "label"]
    ranked = candidates.sort_values(order, ascending=[False, False, True], kind="stable")
    claims = ranked.groupby("row")
    ranked["rivals"] = claims["label"].transform("size") - 1
    ranked["confidence"] = ranked["score"] / claims["score"].transform("sum")
    settled = ranked.drop_duplicates("row").reset_index(drop=True)
    for label in sorted(set(ranked["label"]) - set(settled["label"])):
        held = settled["label"].map(settled["label"].value_counts()).set_axis(settled["row"])
        claimed = ranked[ranked["label"] == label]
        spared = claimed[claimed["row"].map(held) > 1].head(1)
        settled = pd.concat([settled[~settled["row"].isin(spared["row"])], spared], ignore_index=True)
    return settled


def pick(settled: pd.DataFrame, *, least_cosine: float, images_per_label: int) -> pd.DataFrame:
    """The best images of each label above the floor, with `rank` from 1, in the order of labels and ranks."""
    above = settled[settled["cosine"] >= least_cosine]
    best = above.sort_values(["label", "score", "row"], ascending=[True, False, True], kind="stable")
    best["rank"] = best.groupby("label").cumcount() + 1
    return best[best["rank"] <= images_per_label].reset_index(drop=True)

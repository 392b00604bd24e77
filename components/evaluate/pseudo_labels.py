"""What retrieval's pseudo-labels are worth, measured where a source states the true class; it chooses nothing."""

from collections.abc import Sequence

import pandas as pd


def pseudo_label_figures(selection: pd.DataFrame, truth: pd.DataFrame, names: Sequence[str]) -> dict[str, object]:
    """Precision and coverage of the selection, overall and for each label; empty where no true label is known.

    Both tables have columns id and label; case does not matter. `precision` is the share of selected images that are
    what their pseudo-label says, `coverage` the share of a class's images in the corpus that were selected as it.
    Both 0 to 1; an image of unknown truth is in neither. A label without a selected image of known truth has no
    precision, one that the truth never names has no coverage.
    """
    true_labels = truth.set_index("id")["label"].str.casefold()
    judged = pd.DataFrame(
        {"pseudo": selection["label"].str.casefold(), "true": selection["id"].map(true_labels)}
    ).dropna()
    if judged.empty:
        return {}
    judged["right"] = judged["pseudo"] == judged["true"]
    in_corpus = true_labels.value_counts()
    size, hits = (dict(judged.groupby("pseudo")["right"].agg(how)) for how in ("size", "sum"))
    labels: dict[str, dict[str, float]] = {}
    for name in names:
        key = name.casefold()
        selected, right = int(size.get(key, 0)), int(hits.get(key, 0))
        labels[name] = {"selected": selected, "right": right}
        if selected:
            labels[name]["precision"] = right / selected
        if in_corpus.get(key, 0):
            labels[name]["coverage"] = right / int(in_corpus[key])
    covered = [figures["coverage"] for figures in labels.values() if "coverage" in figures]
    return {
        "judged_images": len(judged),
        "precision": float(judged["right"].mean()),
        "mean_label_precision": sum(hits[key] / size[key] for key in size) / len(size),
        "mean_label_coverage": sum(covered) / len(covered) if covered else 0.0,
        "labels": labels,
    }

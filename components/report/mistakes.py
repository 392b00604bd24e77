"""Where the student still errs, label by label."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class WeakLabel:
    label: str
    images: int
    base_accuracy: float
    student_accuracy: float
    mistaken_for: str
    """The wrong label that the student gives most often; empty if it gives none."""


def weakest_labels(predictions: pd.DataFrame, shown: int) -> list[WeakLabel]:
    """The `shown` labels on which the student is least accurate, over all domains, the weakest first."""
    right = predictions.assign(
        base_right=predictions["base_label"] == predictions["label"],
        student_right=predictions["student_label"] == predictions["label"],
    )
    table = right.groupby("label", sort=True).agg(
        images=("label", "size"), base=("base_right", "mean"), student=("student_right", "mean")
    )
    weakest = table.sort_values("student", kind="stable").head(shown)
    labels = [str(label) for label in weakest.index]
    return [
        WeakLabel(
            label=label,
            images=images,
            base_accuracy=base,
            student_accuracy=student,
            mistaken_for=_most_often(right, label),
        )
        for label, (images, base, student) in zip(labels, weakest.itertuples(index=False), strict=True)
    ]


def _most_often(right: pd.DataFrame, label: str) -> str:
    wrong = right.loc[(right["label"] == label) & ~right["student_right"], "student_label"]
    counts = wrong.value_counts().sort_index(kind="stable")
    return "" if counts.empty else str(counts.idxmax())

"""Accuracy of base and student on each unseen domain, counted from the predictions, with Wilson's interval."""

from typing import NamedTuple

import pandas as pd
from scipy.stats import binomtest

CONFIDENCE = 0.95  # as in `evaluate`, whose intervals of the gain stand on the same page


class Interval(NamedTuple):
    """A value and the ends of its 95 % interval."""

    low: float
    value: float
    high: float


def accuracies(predictions: pd.DataFrame) -> dict[str, tuple[Interval, Interval]]:
    """For each domain, in name order, the accuracy of base and of student, 0 to 1.

    `predictions` has one row an image: domain, label, base_label, student_label. Wilson 1927, Probable inference, the
    law of succession, and statistical inference: an interval of a share that also holds when none or all are right.
    """
    return {
        str(domain): (_accuracy(rows, "base_label"), _accuracy(rows, "student_label"))
        for domain, rows in predictions.groupby("domain", sort=True)
    }


def _accuracy(rows: pd.DataFrame, answer: str) -> Interval:
    right = int((rows[answer] == rows["label"]).sum())
    low, high = binomtest(right, len(rows)).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(low), right / len(rows), float(high))

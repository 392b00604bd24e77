"""Precision and coverage of pseudo-labels, counted by hand."""

import pandas as pd
import pytest

from components.evaluate.pseudo_labels import pseudo_label_figures

TRUTH = pd.DataFrame({"id": list("abcdef"), "label": ["Bolt", "Bolt", "Bolt", "Bolt", "nut", "cam"]})


def selected(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "label"])


def test_precision_and_coverage_by_hand():
    selection = selected(("a", "bolt"), ("b", "bolt"), ("f", "bolt"), ("e", "nut"), ("z", "nut"))
    figures = pseudo_label_figures(selection, TRUTH, ["bolt", "nut", "gear"])
    assert figures["judged_images"] == 4  # nobody knows what z is
    assert figures["precision"] == pytest.approx(3 / 4)
    assert figures["mean_label_precision"] == pytest.approx((2 / 3 + 1) / 2)
    assert figures["mean_label_coverage"] == pytest.approx((2 / 4 + 1 / 1) / 2)  # no true image is a gear
    assert figures["labels"]["bolt"] == {"selected": 3, "right": 2, "precision": 2 / 3, "coverage": 0.5}
    assert figures["labels"]["gear"] == {"selected": 0, "right": 0}


def test_without_any_true_label_nothing_is_claimed():
    assert pseudo_label_figures(selected(("z", "nut")), TRUTH, ["nut"]) == {}
    assert pseudo_label_figures(selected(("a", "bolt")), TRUTH.iloc[:0], ["bolt"]) == {}

"""Accuracies are counted domain by domain, and their intervals are Wilson's."""

import pandas as pd
import pytest

from components.report.accuracy import accuracies


def predictions_of(outcomes: dict[str, list[tuple[bool, bool]]]) -> pd.DataFrame:
    """Rows from, for each domain, whether base and student were right on each image."""
    return pd.DataFrame(
        [
            {"domain": domain, "label": "a", "base_label": "ab"[not base], "student_label": "ab"[not student]}
            for domain, pairs in outcomes.items()
            for base, student in pairs
        ]
    )


def test_each_domain_is_counted_by_itself_in_name_order():
    found = accuracies(predictions_of({"line": [(False, True)], "blue": [(True, False), *[(True, True)] * 3]}))
    assert list(found) == ["blue", "line"]
    assert [[model.value for model in pair] for pair in found.values()] == [[1.0, 0.75], [0.0, 1.0]]


def test_the_interval_is_wilsons():
    # p = 0.3, n = 100, z = 1.95996: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) = 0.2189, 0.3958
    base, student = accuracies(predictions_of({"line": [(True, False)] * 30 + [(False, False)] * 70}))["line"]
    assert (base.low, base.high) == pytest.approx((0.2189, 0.3958), abs=1e-4)
    # none of 100: 0 to z² / (n + z²) = 0.0370
    assert (student.low, student.high) == pytest.approx((0.0, 0.0370), abs=1e-4)

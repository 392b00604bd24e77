"""The paired bootstrap: exact where it must be, and like a plain loop over images everywhere else."""

import math

import numpy as np
import pandas as pd
import pytest

from components.report.bootstrap import accuracies, outcome_counts, resampled_shares


def predictions_of(outcomes: dict[str, list[tuple[bool, bool]]]) -> pd.DataFrame:
    """Rows from, for each domain, whether base and student were right on each image."""
    return pd.DataFrame(
        [
            {"domain": domain, "label": "a", "base_label": "ab"[not base], "student_label": "ab"[not student]}
            for domain, pairs in outcomes.items()
            for base, student in pairs
        ]
    )


NEITHER, BASE, STUDENT, BOTH = (False, False), (True, False), (False, True), (True, True)


def test_outcomes_are_counted_by_domain():
    domains, counts = outcome_counts(predictions_of({"line": [BASE, BOTH], "blue": [STUDENT, STUDENT, NEITHER]}))
    assert domains == ["blue", "line"]
    assert counts.tolist() == [[1, 0, 2, 0], [0, 1, 0, 1]]


def test_the_gain_is_the_mean_over_domains_however_many_images_each_has():
    found = accuracies(predictions_of({"line": [STUDENT], "blue": [BASE, BOTH, BOTH, BOTH]}), 100, seed=0)
    assert found.gain_points.value == pytest.approx((100 - 25) / 2)
    base, student = found.domains["blue"]
    assert (base.value, student.value) == (1.0, 0.75)


def test_images_that_all_agree_leave_no_doubt():
    found = accuracies(predictions_of({"line": [STUDENT] * 5, "blue": [STUDENT] * 9}), 100, seed=0)
    assert found.gain_points == (100, 100, 100)


def test_a_single_domain_spreads_as_the_formula_says():
    counts_D4 = np.array([[40, 10, 30, 20]])  # difference: -1 on 10, +1 on 30, 0 on 60 of 100 images
    shares_RD4 = resampled_shares(counts_D4, 20_000, np.random.default_rng(3))
    gain_R = (shares_RD4[..., 2] - shares_RD4[..., 1]).mean(axis=1)
    variance = (10 + 30) / 100 - ((30 - 10) / 100) ** 2
    assert gain_R.std() == pytest.approx(math.sqrt(variance / 100), rel=0.02)


def test_the_seed_decides():
    rows = predictions_of({"line": [BASE, STUDENT, BOTH, NEITHER] * 10})
    assert accuracies(rows, 200, seed=1) == accuracies(rows, 200, seed=1)
    assert accuracies(rows, 200, seed=1) != accuracies(rows, 200, seed=2)


def test_the_interval_is_that_of_a_loop_over_images():
    generator = np.random.default_rng(11)
    kinds = [NEITHER, BASE, STUDENT, BOTH]
    outcomes = {
        "line": [kinds[kind] for kind in generator.choice(4, 60, p=[0.3, 0.1, 0.3, 0.3])],
        "blue": [kinds[kind] for kind in generator.choice(4, 90, p=[0.4, 0.2, 0.1, 0.3])],
    }
    found = accuracies(predictions_of(outcomes), 20_000, seed=5).gain_points
    low, high = interval_by_loops(outcomes, 3_000, np.random.default_rng(6))
    assert found.low == pytest.approx(low, abs=0.6)  # an interval some 18 points wide
    assert found.high == pytest.approx(high, abs=0.6)


def interval_by_loops(outcomes, resamples: int, generator: np.random.Generator) -> tuple[float, float]:
    """Draw images one by one with replacement, in each domain, and judge both models on the same ones."""
    gains = []
    for _ in range(resamples):
        domain_gains = []
        for pairs in outcomes.values():
            right = 0
            for row in generator.integers(0, len(pairs), len(pairs)):
                base, student = pairs[row]
                right += int(student) - int(base)
            domain_gains.append(100 * right / len(pairs))
        gains.append(sum(domain_gains) / len(domain_gains))
    gains.sort()
    return gains[round(0.025 * resamples)], gains[round(0.975 * resamples)]

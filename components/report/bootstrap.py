"""How far accuracy would move had other images been drawn: a paired bootstrap, stratified by domain.

Shape legend: R = resamples, D = domains, 4 = the outcomes of one image (OUTCOMES).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

CONFIDENCE = 0.95  # as in `evaluate`, whose intervals stand on the same page
OUTCOMES = ("both wrong", "base right", "student right", "both right")  # code = base right + 2 * student right


class Interval(NamedTuple):
    """A value and the ends of its 95 % interval."""

    low: float
    value: float
    high: float


class Accuracies(NamedTuple):
    """What the evaluation images say about base and student."""

    domains: dict[str, tuple[Interval, Interval]]
    """For each domain, in name order, the accuracy of base and of student, 0 to 1."""
    gain_points: Interval
    """Mean over domains of student minus base, in percentage points."""


def accuracies(predictions: pd.DataFrame, resamples: int, seed: int) -> Accuracies:
    """Accuracies and their 95 % intervals from one row per image: domain, label, base_label, student_label."""
    domains, counts_D4 = outcome_counts(predictions)
    shares_D4 = counts_D4 / counts_D4.sum(axis=1, keepdims=True)
    shares_RD4 = resampled_shares(counts_D4, resamples, np.random.default_rng(seed))
    base_RD, base_D = _base_accuracy(shares_RD4), _base_accuracy(shares_D4)
    student_RD, student_D = _student_accuracy(shares_RD4), _student_accuracy(shares_D4)
    gain_R = 100 * (student_RD - base_RD).mean(axis=1)
    return Accuracies(
        {
            domain: (interval(base_RD[:, d], base_D[d]), interval(student_RD[:, d], student_D[d]))
            for d, domain in enumerate(domains)
        },
        interval(gain_R, 100 * (student_D - base_D).mean()),
    )


def outcome_counts(predictions: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """The domains in name order, and how many images of each met each outcome: int64 [D, 4]."""
    base_right = (predictions["base_label"] == predictions["label"]).to_numpy().astype(int)
    student_right = (predictions["student_label"] == predictions["label"]).to_numpy().astype(int)
    domain_codes, domains = pd.factorize(predictions["domain"], sort=True)
    codes = domain_codes * len(OUTCOMES) + base_right + 2 * student_right
    counts_D4 = np.bincount(codes, minlength=len(domains) * len(OUTCOMES)).reshape(-1, len(OUTCOMES))
    return [str(domain) for domain in domains], counts_D4


def resampled_shares(counts_D4: np.ndarray, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Shares of the outcomes in resamples of each domain's images: float64 [R, D, 4], rows sum to 1.

    Drawing n images with replacement, each of one of four kinds, is one multinomial draw: the cost does not grow
    with the number of images, and both models are judged on the same images each time.
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentile intervals).
    """
    images_D = counts_D4.sum(axis=1)
    shares_D4 = counts_D4 / images_D[:, None]
    counts_RD4 = generator.multinomial(images_D, shares_D4, size=(resamples, len(counts_D4)))
    return counts_RD4 / images_D[:, None]


def interval(draws_R: np.ndarray, value: float) -> Interval:
    """The percentile interval of `draws_R` at CONFIDENCE, around `value`."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(draws_R, [tail, 1 - tail])
    return Interval(float(low), float(value), float(high))


def _base_accuracy(shares_4: np.ndarray) -> np.ndarray:
    return shares_4[..., 1] + shares_4[..., 3]


def _student_accuracy(shares_4: np.ndarray) -> np.ndarray:
    return shares_4[..., 2] + shares_4[..., 3]

"""Gains and their intervals, against resampling done image by image."""

import numpy as np
import pytest

from components.evaluate.interval import bootstrap_interval_points, mean_gain_points


def test_each_domain_counts_once_whatever_its_size():
    small, large = np.array([1, 0]), np.array([0] * 100)
    assert mean_gain_points([small, large]) == 25.0  # the mean of 50 and 0


def test_no_difference_has_no_interval():
    rng = np.random.default_rng(0)
    assert bootstrap_interval_points([np.zeros(50)], resamples=100, rng=rng) == (0.0, 0.0)


def test_the_multinomial_short_cut_agrees_with_resampling_the_images():
    draw = np.random.default_rng(1)
    parts = [draw.choice([-1, 0, 1], size=size, p=[0.1, 0.6, 0.3]) for size in (80, 200)]
    low, high = bootstrap_interval_points(parts, resamples=4000, rng=np.random.default_rng(2))
    means = [
        100 * np.mean([draw.choice(part, size=len(part)).mean() for part in parts]) for _ in range(4000)
    ]  # one image at a time
    expected = np.percentile(means, [2.5, 97.5])
    assert (low, high) == pytest.approx(tuple(expected), abs=0.6)
    assert low < mean_gain_points(parts) < high

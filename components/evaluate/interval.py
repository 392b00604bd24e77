"""Intervals for the gain of one classifier over another on the very same images."""

from collections.abc import Sequence

import numpy as np


def mean_gain_points(differences: Sequence[np.ndarray]) -> float:
    """Mean over the domains of the mean difference, in percentage points.

    `differences` holds for each domain, image by image, 1 where only the candidate is right, -1 where only the
    baseline is, 0 where they agree.
    """
    return 100 * float(np.mean([each.mean() for each in differences]))


def bootstrap_interval_points(
    differences: Sequence[np.ndarray], *, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """95 % percentile interval of `mean_gain_points` under resampling of the images, paired and within domains.

    A resample of n differences is a multinomial draw of how many are -1, 0 and 1, so no image is copied.
    """
    means = []
    for each in differences:
        shares = [np.mean(each == value) for value in (-1, 0, 1)]
        counts = rng.multinomial(len(each), shares, size=resamples)
        means.append((counts[:, 2] - counts[:, 0]) / len(each))
    low, high = np.percentile(100 * np.mean(means, axis=0), [2.5, 97.5])
    return float(low), float(high)

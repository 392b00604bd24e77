"""The two-sample test: by loops, in closed form, under one distribution and under two."""

import math

import numpy as np
import pytest

from components import drift
from components.drift import centroid_shift, median_bandwidth, two_sample_test

POLES = np.array([[1.0, 0.0], [-1.0, 0.0]])


def normal(rng: np.random.Generator, rows: int, mean: float = 0.0) -> np.ndarray:
    return rng.normal(mean, 1.0, size=(rows, 4))


def outcome(left_ND: np.ndarray, right_MD: np.ndarray, seed: int = 1, permutations: int = 99) -> drift.TwoSample:
    rng = np.random.default_rng(seed)
    return two_sample_test(left_ND, right_MD, permutations=permutations, significance=0.05, rng=rng)


def test_centroids_of_opposite_poles_are_2_apart() -> None:
    assert centroid_shift(np.tile(POLES[:1], (3, 1)), np.tile(POLES[1:], (5, 1))) == 2.0


def test_the_median_distance_of_a_line() -> None:
    """0, 1, 3 lie 1, 2 and 3 apart."""
    assert median_bandwidth(np.array([[0.0], [1.0], [3.0]]), np.random.default_rng(0)) == 2.0


def test_rows_that_are_all_one_have_a_bandwidth_still() -> None:
    assert median_bandwidth(np.ones((5, 2)), np.random.default_rng(0)) == 1.0


def test_two_points_against_two_others_in_closed_form() -> None:
    """Twice (1, 0) against twice (-1, 0): k is 1 within and exp(-4 / 2σ²) across, where σ = 2, the median distance."""
    found = outcome(np.repeat(POLES[:1], 2, axis=0), np.repeat(POLES[1:], 2, axis=0))
    assert found.bandwidth == 2.0
    assert found.mmd2 == pytest.approx(1 + 1 - 2 * math.exp(-0.5), abs=1e-12)


@pytest.mark.parametrize("block", [3, 7, 512])
def test_blocks_and_sums_agree_with_loops(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "BLOCK_ROWS", block)
    rng = np.random.default_rng(3)
    left_ND, right_MD = normal(rng, 9), normal(rng, 6, mean=0.7)
    found = outcome(left_ND, right_MD)
    assert found.mmd2 == pytest.approx(mmd2_by_loops(left_ND, right_MD, found.bandwidth), abs=1e-12)


def test_p_values_agree_with_loops_over_permutations() -> None:
    rng = np.random.default_rng(4)
    left_ND, right_MD = normal(rng, 6), normal(rng, 5, mean=0.8)
    found = outcome(left_ND, right_MD, seed=9, permutations=39)
    assert found.p_value == p_value_by_loops(left_ND, right_MD, found.bandwidth, seed=9, permutations=39)


def test_under_one_distribution_p_values_are_uniform() -> None:
    """200 trials: a tenth at most 0.1 and a half at most 0.5, within three standard deviations of a binomial."""
    rng = np.random.default_rng(5)
    values = np.array([outcome(normal(rng, 20), normal(rng, 15), seed).p_value for seed in range(200)])
    for level in (0.1, 0.5, 0.9):
        assert abs((values <= level).mean() - level) < 3 * math.sqrt(level * (1 - level) / 200)


def test_a_shift_is_found_and_its_mmd2_passes_the_threshold() -> None:
    rng = np.random.default_rng(6)
    found = outcome(normal(rng, 60), normal(rng, 40, mean=1.0))
    assert found.p_value == 0.01  # 1 of 100: no permutation comes near
    assert found.mmd2 > 2 * found.threshold > 0


def test_the_same_seed_gives_the_same_figures_and_single_rows_are_refused() -> None:
    rng = np.random.default_rng(7)
    left_ND, right_MD = normal(rng, 10), normal(rng, 10)
    assert outcome(left_ND, right_MD) == outcome(left_ND, right_MD)
    with pytest.raises(ValueError, match=r"Samples of \(1, 4\) and \(10, 4\) cannot be compared"):
        outcome(left_ND[:1], right_MD)


def mmd2_by_loops(left_ND: np.ndarray, right_MD: np.ndarray, sigma: float) -> float:
    """Equation 3 of Gretton et al. 2012, word for word."""

    def k(x: np.ndarray, y: np.ndarray) -> float:
        return math.exp(-sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / (2 * sigma**2))

    n, m = len(left_ND), len(right_MD)
    within_left = sum(k(left_ND[i], left_ND[j]) for i in range(n) for j in range(n) if i != j)
    within_right = sum(k(right_MD[i], right_MD[j]) for i in range(m) for j in range(m) if i != j)
    across = sum(k(x, y) for x in left_ND for y in right_MD)
    return within_left / (n * (n - 1)) + within_right / (m * (m - 1)) - 2 * across / (n * m)


def p_value_by_loops(left_ND: np.ndarray, right_MD: np.ndarray, sigma: float, *, seed: int, permutations: int) -> float:
    rng = np.random.default_rng(seed)
    points = np.concatenate([left_ND, right_MD])
    observed = mmd2_by_loops(left_ND, right_MD, sigma)
    as_large = 1
    for _ in range(permutations):
        order = rng.permutation(len(points))
        left, right = order[: len(left_ND)], order[len(left_ND) :]
        as_large += mmd2_by_loops(points[left], points[right], sigma) >= observed - 1e-12
    return as_large / (1 + permutations)

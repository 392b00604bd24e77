"""Whether two samples of vectors come from one distribution: the two-sample test of the maximum mean discrepancy.

Shape legend: N, M = rows of the two samples, S = N + M = rows of both, D = width of a vector, P = permutations,
B = rows of one block.

Source: Gretton et al. 2012, A Kernel Two-Sample Test, https://jmlr.org/papers/v13/gretton12a.html
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK_ROWS = 512
MEDIAN_ROWS = 1000
"""The median heuristic looks at the pairs of so many rows at most, drawn at random."""


@dataclass(frozen=True)
class TwoSample:
    """The outcome of one test."""

    mmd2: float
    """Unbiased MMD²: about 0 for one distribution (it may fall below), up to 2 for two that do not meet."""
    p_value: float
    """Share of the permutations, the true one included, whose MMD² is as large: small means two distributions."""
    threshold: float
    """What MMD² exceeds with the probability `significance` when both samples come from one distribution."""
    bandwidth: float
    """σ of the kernel."""


def centroid_shift(left_ND: np.ndarray, right_MD: np.ndarray) -> float:
    """Distance between the means of two samples; of unit vectors from 0 to 2."""
    return float(np.linalg.norm(left_ND.mean(axis=0, dtype=np.float64) - right_MD.mean(axis=0, dtype=np.float64)))


def median_bandwidth(points_SD: np.ndarray, rng: np.random.Generator) -> float:
    """The median distance of two distinct rows: σ by the median heuristic of Gretton et al., section 8.

    1 when more than half of the rows are one and the same.
    """
    if len(points_SD) > MEDIAN_ROWS:
        points_SD = points_SD[rng.choice(len(points_SD), MEDIAN_ROWS, replace=False)]
    squared = _squared_distances(points_SD.astype(np.float64), points_SD.astype(np.float64))
    return math.sqrt(np.median(squared[np.triu_indices(len(points_SD), k=1)])) or 1.0


def two_sample_test(
    left_ND: np.ndarray, right_MD: np.ndarray, *, permutations: int, significance: float, rng: np.random.Generator
) -> TwoSample:
    """MMD² with the kernel exp(-‖x - y‖² / 2σ²), its p-value and its threshold under permutation of the rows.

    Memory is BLOCK_ROWS × S for the kernel and S × P for the permutations; every kernel value is computed once.

    Raises:
        ValueError: a sample has fewer than 2 rows, or the samples differ in width.
    """
    if min(len(left_ND), len(right_MD)) < 2 or left_ND.shape[1] != right_MD.shape[1]:
        raise ValueError(f"Samples of {left_ND.shape} and {right_MD.shape} cannot be compared. Give two rows each.")
    points_SD = np.concatenate([left_ND, right_MD]).astype(np.float64)
    bandwidth = median_bandwidth(points_SD, rng)
    left_SP = _memberships(len(left_ND), len(points_SD), permutations, rng)
    mmd2_P = _unbiased_mmd2(points_SD, left_SP, bandwidth)
    observed, permuted = float(mmd2_P[0]), mmd2_P[1:]
    as_large = int((permuted >= observed - 1e-12).sum())
    return TwoSample(
        mmd2=observed,
        p_value=(1 + as_large) / (1 + permutations),  # never 0: the true order is one of the permutations
        threshold=float(np.quantile(permuted, 1 - significance)),
        bandwidth=bandwidth,
    )


def _memberships(n: int, s: int, permutations: int, rng: np.random.Generator) -> np.ndarray:
    """Which rows are of the left sample, float64 [S, 1 + P]: the first column tells the truth."""
    left_SP = np.zeros((s, 1 + permutations))
    left_SP[:n, 0] = 1
    for column in range(1, 1 + permutations):
        left_SP[rng.permutation(s)[:n], column] = 1
    return left_SP


def _unbiased_mmd2(points_SD: np.ndarray, left_SP: np.ndarray, bandwidth: float) -> np.ndarray:
    """MMD²_u of each column of memberships, Gretton et al., equation 3, from sums over the kernel matrix.

    With k summed over pairs of distinct rows: all pairs = left pairs + right pairs + 2 × cross pairs.
    """
    n = left_SP[:, 0].sum()
    m = len(left_SP) - n
    left_left_P, left_all_P, every = np.zeros(left_SP.shape[1]), np.zeros(left_SP.shape[1]), 0.0
    for rows, kernel_BS in _kernel_blocks(points_SD, bandwidth):
        left_BP = left_SP[rows]
        left_left_P += (left_BP * (kernel_BS @ left_SP)).sum(axis=0)
        sum_B = kernel_BS.sum(axis=1)
        left_all_P += left_BP.T @ sum_B
        every += sum_B.sum()
    cross_P = left_all_P - left_left_P
    right_right_P = every - left_left_P - 2 * cross_P
    mmd2_P: np.ndarray = left_left_P / (n * (n - 1)) + right_right_P / (m * (m - 1)) - 2 * cross_P / (n * m)
    return mmd2_P


def _kernel_blocks(points_SD: np.ndarray, bandwidth: float) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of rows of the kernel matrix, [B, S], its diagonal set to 0."""
    for begin in range(0, len(points_SD), BLOCK_ROWS):
        rows = slice(begin, min(begin + BLOCK_ROWS, len(points_SD)))
        kernel_BS = np.exp(-_squared_distances(points_SD[rows], points_SD) / (2 * bandwidth**2))
        kernel_BS[np.arange(len(kernel_BS)), np.arange(rows.start, rows.stop)] = 0
        yield rows, kernel_BS


def _squared_distances(left_ND: np.ndarray, right_MD: np.ndarray) -> np.ndarray:
    square_N, square_M = (left_ND**2).sum(axis=1), (right_MD**2).sum(axis=1)
    distance_NM: np.ndarray = np.maximum(square_N[:, None] + square_M[None] - 2 * left_ND @ right_MD.T, 0)
    return distance_NM

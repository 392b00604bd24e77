"""Which image lists a text query probes: tables that score every list from the text's side.

Shape legend: N = captions, B = captions of a step, K = neighbours, L = lists, D = width, E = D + 1 (weights, bias).
A query t scores list j with <w_j, t> + b_j and probes the best. Vectors have unit length.
"""

from typing import Any

import numpy as np

from components.index.paired import means, normalised

BATCH_CAPTIONS = 256
SCALE = 40.0
"""Sharpness of the untrained router: logits are this times the cosines to the centroids, the order that of `ivf`."""
BUDGETS = (0.01, 0.02, 0.05, 0.1)
"""Shares of the images scanned, over which a router's held-out coverage is averaged."""
SIZE_POWERS = (0.0, 0.5, 1.0)
"""A list's logit is marked down by these times the logarithm of its size; the held-out captions choose."""
MOST_HELD = 2000
"""Enough captions to choose an epoch by; more would only take time."""
COVERAGE_SCORES = 2**20
"""Scores of captions by lists held at a time while coverage is measured."""


def text_table(text_ND: np.ndarray, image_ND: np.ndarray, list_N: np.ndarray, centroid_LD: np.ndarray) -> np.ndarray:
    """Router [L, E] of each list's mean caption.

    Args:
        text_ND: captions.
        image_ND: the nearest image of each.
        list_N: the list of that image.
        centroid_LD: image centroids; a list without captions takes its own, moved by the mean gap.
    """
    gap_D = text_ND.mean(axis=0, dtype=np.float64) - image_ND.mean(axis=0, dtype=np.float64)
    table_LD = normalised(means(text_ND, list_N, normalised(centroid_LD + gap_D)))
    return np.hstack([table_LD, np.zeros((len(table_LD), 1), dtype=np.float32)])


def linear_router(
    text_ND: np.ndarray,
    list_NK: np.ndarray,
    centroid_LD: np.ndarray,
    share_L: np.ndarray,
    *,
    held_out: float,
    epochs: int,
    learning_rate: float,
    seed: int,
) -> tuple[np.ndarray, dict[str, float]]:
    """Router [L, E] by multinomial logistic regression on the lists of each caption's nearest images.

    It starts from the image centroids, so that untrained it probes as `ivf` does, and keeps the epoch with the best
    coverage of held-out captions' neighbours at equal numbers of scanned vectors. Large lists may be marked down
    (a list's probability over a power of its size), if the held-out captions say so.

    Args:
        text_ND: captions.
        list_NK: the lists that hold each caption's K exact nearest images.
        centroid_LD: image centroids.
        share_L: share of the images in each list; sums to 1.
        held_out: share of the captions (at most `MOST_HELD`) that teach nothing and choose the epoch.
        epochs: passes over the others.
        learning_rate: of Adam.
        seed: of the split and of the order of captions.

    Returns:
        The router and its held-out coverage, 0 to 1, before and after.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(text_ND))
    held, taught = np.split(order, [min(MOST_HELD, max(1, round(held_out * len(order))))])
    start_LE = np.hstack([SCALE * centroid_LD, np.zeros((len(centroid_LD), 1))]).astype(np.float32)
    router_LE, adam = start_LE.copy(), Adam(learning_rate)
    before = coverage(text_ND[held], list_NK[held], start_LE, share_L)
    best, after = start_LE, before
    for _ in range(epochs if len(taught) else 0):
        for batch in np.array_split(rng.permutation(taught), -(-len(taught) // BATCH_CAPTIONS)):
            text_BE = np.hstack([text_ND[batch], np.ones((len(batch), 1), dtype=np.float32)])
            router_LE -= adam.step(gradient(router_LE, text_BE, list_NK[batch]))
        for power in SIZE_POWERS:
            candidate_LE = router_LE.copy()
            candidate_LE[:, -1] -= (power * np.log(np.maximum(share_L, 1e-9) * len(share_L))).astype(np.float32)
            reached = coverage(text_ND[held], list_NK[held], candidate_LE, share_L)
            if reached > after:
                best, after = candidate_LE, reached
    return best, {"router_held_out_coverage_untrained": before, "router_held_out_coverage": after}


def gradient(router_LE: np.ndarray, text_BE: np.ndarray, list_BK: np.ndarray) -> np.ndarray:
    """Gradient [L, E] of the mean cross-entropy between the lists' shares of a caption's neighbours and the softmax."""
    logit_BL = text_BE @ router_LE.T
    error_BL = np.exp(logit_BL - logit_BL.max(axis=1, keepdims=True))
    error_BL /= error_BL.sum(axis=1, keepdims=True)
    np.subtract.at(error_BL, (np.arange(len(list_BK))[:, None], list_BK), np.float32(1 / list_BK.shape[1]))
    return error_BL.T @ text_BE / len(text_BE)


class Adam:
    """Kingma and Ba 2015, Adam, https://arxiv.org/abs/1412.6980, with its own constants.

    Spelt out, since importing a library of tensors would cost more memory than the index of a million small vectors.
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate, self.steps = learning_rate, 0
        self.mean: Any = 0.0
        self.square: Any = 0.0

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """What to subtract from the parameters."""
        self.steps += 1
        self.mean = 0.9 * self.mean + 0.1 * gradient
        self.square = 0.999 * self.square + 0.001 * np.square(gradient)
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.999**self.steps)
        return self.learning_rate * mean / (np.sqrt(square) + 1e-8)


def coverage(text_ND: np.ndarray, list_NK: np.ndarray, router_LE: np.ndarray, share_L: np.ndarray) -> float:
    """Share of the captions' neighbours in the lists first probed, mean over `BUDGETS`; a last list counts in part."""
    size = max(1, COVERAGE_SCORES // len(share_L))
    reached = [
        _reached(text_ND[first : first + size], list_NK[first : first + size], router_LE, share_L)
        for first in range(0, len(text_ND), size)
    ]
    return float(np.mean(np.concatenate(reached)))


def _reached(text_ND: np.ndarray, list_NK: np.ndarray, router_LE: np.ndarray, share_L: np.ndarray) -> np.ndarray:
    """For each caption, what `coverage` is the mean of [N]."""
    score_NL = text_ND @ router_LE[:, :-1].T + router_LE[:, -1]
    order_NL = np.argsort(-score_NL, axis=1, kind="stable")
    scanned_NL = np.cumsum(share_L[order_NL], axis=1)
    place_NL = np.argsort(order_NL, axis=1, kind="stable")
    end_NK = np.take_along_axis(scanned_NL, np.take_along_axis(place_NL, list_NK, axis=1), axis=1)
    size_NK = np.maximum(share_L[list_NK], 1e-9)
    reached_BN = [np.clip(1 - (end_NK - budget) / size_NK, 0, 1).mean(axis=1) for budget in BUDGETS]
    return np.asarray(np.mean(reached_BN, axis=0))

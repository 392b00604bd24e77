"""Which image lists a text query probes: tables that score every list from the text's side.

Shape legend: N = captions, K = neighbours, L = lists, D = width, E = D + 1 (weights, then a bias).
A query t scores list j with <w_j, t> + b_j and probes the best. Vectors have unit length.
"""

import numpy as np

from components.index.paired import means, normalised

BATCH_CAPTIONS = 256
SCALE = 20.0
"""Sharpness of the untrained router: logits are this times the cosines to the centroids, the order that of `ivf`."""
BUDGETS = (0.01, 0.02, 0.05, 0.1)
"""Shares of the images scanned, over which a router's held-out coverage is averaged."""
SIZE_POWERS = (0.0, 0.5, 1.0)


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
        held_out: share of the captions that teach nothing and choose the epoch.
        epochs: passes over the others.
        learning_rate: of Adam.
        seed: of the split and of the order of captions.

    Returns:
        The router and its held-out coverage, 0 to 1, before and after.
    """
    import torch  # here, since no other kind of index needs it

    rng = np.random.default_rng(seed)
    order = rng.permutation(len(text_ND))
    held, taught = np.split(order, [max(1, round(held_out * len(order)))])
    target_NL = torch.zeros(len(text_ND), len(centroid_LD))
    target_NL.scatter_add_(1, torch.from_numpy(list_NK), torch.full(list_NK.shape, 1 / list_NK.shape[1]))
    text_NE = torch.from_numpy(np.hstack([text_ND, np.ones((len(text_ND), 1), dtype=np.float32)]))
    start_LE = np.hstack([SCALE * centroid_LD, np.zeros((len(centroid_LD), 1))]).astype(np.float32)
    router_LE = torch.from_numpy(start_LE.copy()).requires_grad_()
    adam = torch.optim.Adam([router_LE], lr=learning_rate)
    before = coverage(text_ND[held], list_NK[held], start_LE, share_L)
    best, after = start_LE, before
    for _ in range(epochs if len(taught) else 0):
        for batch in np.array_split(rng.permutation(taught), -(-len(taught) // BATCH_CAPTIONS)):
            adam.zero_grad()
            torch.nn.functional.cross_entropy(text_NE[batch] @ router_LE.T, target_NL[batch]).backward()
            adam.step()
        for power in SIZE_POWERS:
            candidate_LE = router_LE.detach().numpy().copy()
            candidate_LE[:, -1] -= (power * np.log(np.maximum(share_L, 1e-9) * len(share_L))).astype(np.float32)
            reached = coverage(text_ND[held], list_NK[held], candidate_LE, share_L)
            if reached > after:
                best, after = candidate_LE, reached
    return best, {"router_held_out_coverage_untrained": before, "router_held_out_coverage": after}


def coverage(text_ND: np.ndarray, list_NK: np.ndarray, router_LE: np.ndarray, share_L: np.ndarray) -> float:
    """Share of the captions' neighbours in the lists first probed, mean over `BUDGETS`; a last list counts in part."""
    score_NL = text_ND @ router_LE[:, :-1].T + router_LE[:, -1]
    order_NL = np.argsort(-score_NL, axis=1, kind="stable")
    scanned_NL = np.cumsum(share_L[order_NL], axis=1)
    place_NL = np.argsort(order_NL, axis=1, kind="stable")
    end_NK = np.take_along_axis(scanned_NL, np.take_along_axis(place_NL, list_NK, axis=1), axis=1)
    size_NK = np.maximum(share_L[list_NK], 1e-9)
    reached = [np.clip(1 - (end_NK - budget) / size_NK, 0, 1).mean() for budget in BUDGETS]
    return float(np.mean(reached))

"""The modality gap of given vectors, measured and widened.

Shape legend: N = pairs, D = width. Rows have unit length; image row i and text row i are a pair.

The gap is the distance of the two centroids: Liang et al. 2022, Mind the Gap, https://arxiv.org/abs/2203.02053
"""

import numpy as np

from components.index.paired import normalised

NO_GAP = 1e-6
"""Below this centroid distance the difference of the means is rounding, and no direction."""
HALVINGS = 60


def gap_of(image_ND: np.ndarray, text_ND: np.ndarray) -> dict[str, float]:
    """Centroid distance (0 to 2) and mean cosine of a pair (-1 to 1)."""
    pair_N = np.einsum("nd,nd->n", image_ND, text_ND, dtype=np.float64)
    return {
        "centroid_distance": float(np.linalg.norm(_centroid(image_ND) - _centroid(text_ND))),
        "pair_cosine": float(pair_N.mean()),
    }


def widened(image_ND: np.ndarray, text_ND: np.ndarray, distance: float, seed: int) -> np.ndarray:
    """The texts, all moved by one vector and made unit again, so that the centroids are `distance` apart.

    They move along the difference of the means; where there is none, along a direction drawn at right angles to the
    images' mean. What the moved texts share grows and what tells them apart shrinks, so that exact neighbours change
    too: recall is always against exact search with the same, moved queries.

    Args:
        image_ND: images, which stay.
        text_ND: texts.
        distance: of the centroids, not less than now.
        seed: of that direction.

    Raises:
        ValueError: the gap is that wide already, or no shift makes it so wide.
    """
    image_D, text_ND = _centroid(image_ND), text_ND.astype(np.float64)
    own = float(np.linalg.norm(text_ND.mean(axis=0) - image_D))
    if distance < own:
        raise ValueError(f"--gaps: {distance} is less than the vectors' own gap, {own:.3f}. A gap is only widened.")
    direction_D = _direction(image_D, text_ND.mean(axis=0), seed)
    widest = float(np.linalg.norm(direction_D - image_D))
    if distance >= widest:
        raise ValueError(f"--gaps: {distance} is out of reach; these vectors can be moved to {widest:.3f} apart.")

    def reached(shift: float) -> float:
        return float(np.linalg.norm(_unit(text_ND + shift * direction_D).mean(axis=0) - image_D))

    low, high = 0.0, 1.0
    while reached(high) < distance:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < distance else (low, middle)
    return normalised(text_ND + high * direction_D)


def _direction(image_D: np.ndarray, text_D: np.ndarray, seed: int) -> np.ndarray:
    difference_D = text_D - image_D
    if np.linalg.norm(difference_D) > NO_GAP:
        return _unit(difference_D)
    drawn_D = np.random.default_rng(seed).normal(size=len(image_D))
    length = np.linalg.norm(image_D)
    axis_D = image_D / length if length > NO_GAP else np.zeros_like(image_D)
    return _unit(drawn_D - (drawn_D @ axis_D) * axis_D)


def _centroid(vector_ND: np.ndarray) -> np.ndarray:
    return np.asarray(vector_ND.mean(axis=0, dtype=np.float64))


def _unit(vector_D: np.ndarray) -> np.ndarray:
    return np.asarray(vector_D / np.linalg.norm(vector_D, axis=-1, keepdims=True))

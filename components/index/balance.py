"""Lists of more even size: prices that a list asks of the images that would enter it.

Shape legend: N = images, B = images of a block, L = lists, D = width, E = D + 1. All rows have unit length.

An image goes to the list j with the largest <x, c_j> - p_j. The prices are those of optimal transport from images to
lists that all have the same room, made smooth by a temperature: Cuturi 2013, Sinkhorn Distances,
https://arxiv.org/abs/1306.0895. Softly assigned, softmax_j((<x, c_j> - p_j) / t), the lists then have equal sizes.
"""

import numpy as np

from components.index.exact import nearest
from components.index.paired import assign

TEMPERATURES = (0.3, 0.1)
"""In units of an image's mean lead, its best product less its second; each has its part of the rounds."""
SCORES = 2**22
"""Scores of images by lists held at a time."""


def list_prices(image_ND: np.ndarray, centroid_LD: np.ndarray, rounds: int) -> np.ndarray:
    """Prices [L], float32, in units of the inner product.

    Args:
        image_ND: a sample of the images that will be stored.
        centroid_LD: centroids.
        rounds: Sinkhorn's; 0 leaves every list free.
    """
    price_L = np.zeros(len(centroid_LD))
    lead = _mean_lead(image_ND, centroid_LD) if rounds and len(centroid_LD) > 1 else 0.0
    if lead == 0:
        return price_L.astype(np.float32)
    for number in range(rounds):
        temperature = lead * TEMPERATURES[number * len(TEMPERATURES) // rounds]
        share_L = soft_shares(image_ND, table(centroid_LD, price_L), temperature)
        price_L += temperature * np.log(np.maximum(share_L, np.finfo(np.float32).tiny) * len(share_L))
    return price_L.astype(np.float32)


def soft_shares(image_ND: np.ndarray, table_LE: np.ndarray, temperature: float) -> np.ndarray:
    """Share of the images in each list [L], an image divided by the softmax of its scores over the temperature."""
    size = max(1, SCORES // len(table_LE))
    sum_L = np.zeros(len(table_LE))
    for first in range(0, len(image_ND), size):
        score_BL = with_one(image_ND[first : first + size]) @ table_LE.T
        score_BL -= score_BL.max(axis=1, keepdims=True)
        soft_BL = np.exp(score_BL / np.float32(temperature))
        sum_L += (soft_BL / soft_BL.sum(axis=1, keepdims=True)).sum(axis=0, dtype=np.float64)
    return sum_L / len(image_ND)


def table(centroid_LD: np.ndarray, price_L: np.ndarray) -> np.ndarray:
    """The rows [L, E] whose product with (x, 1) is <x, c_j> - p_j, float32."""
    return np.hstack([centroid_LD, -price_L[:, None]]).astype(np.float32)


def chosen_lists(image_ND: np.ndarray, table_LE: np.ndarray) -> np.ndarray:
    """The list of each image [N], by such a table."""
    return assign(with_one(image_ND), table_LE)


def with_one(vector_ND: np.ndarray) -> np.ndarray:
    """The vectors with a last coordinate of 1, [N, E], which a table's last column is the bias of."""
    return np.hstack([vector_ND, np.ones((len(vector_ND), 1), dtype=np.float32)])


def _mean_lead(image_ND: np.ndarray, centroid_LD: np.ndarray) -> float:
    product_N2 = nearest(image_ND, [(0, centroid_LD)], 2)[0]
    return float((product_N2[:, 0] - product_N2[:, 1]).mean())

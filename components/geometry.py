"""How two clouds of unit vectors lie to each other: gap, alignment, uniformity.

Shape legend: N = pairs, M = points of one cloud, D = width of the joint embedding.
Every *_ND and *_MD tensor has rows of unit length; image row i and text row i are a pair.

Sources: Liang et al. 2022, Mind the Gap, https://arxiv.org/abs/2203.02053;
Wang and Isola 2020, https://arxiv.org/abs/2005.10242;
Fahim et al. 2024, It's Not a Modality Gap, https://arxiv.org/abs/2405.18570
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import Tensor


def centroid_distance(image_ND: Tensor, text_ND: Tensor) -> Tensor:
    """Distance between the two centroids: 0 (overlapping) to 2 (opposite poles). Liang et al. 2022."""
    return (image_ND.mean(dim=0) - text_ND.mean(dim=0)).norm()


def alignment(image_ND: Tensor, text_ND: Tensor) -> Tensor:
    """Mean squared distance of a pair: 0 (each image on its text) to 4 (opposite). L_Align of Fahim et al. 2024."""
    return pair_distances(image_ND, text_ND).mean()


def pair_distances(image_ND: Tensor, text_ND: Tensor) -> Tensor:
    """Squared distance of each pair, [N], 0 to 4."""
    return (image_ND - text_ND).square().sum(dim=1)


def uniformity(points_MD: Tensor) -> Tensor:
    """Log mean Gaussian potential over distinct points, t = 2: 0 (all in one place) down to -4 (spread out).

    L_unif of Wang and Isola 2020; needs M >= 2.
    """
    potential_MM = -2 * squared_distances(points_MD, points_MD)
    off_diagonal = ~torch.eye(len(points_MD), dtype=torch.bool, device=points_MD.device)
    return potential_MM[off_diagonal].logsumexp(dim=0) - math.log(len(points_MD) * (len(points_MD) - 1))


def cross_uniformity(image_ND: Tensor, text_ND: Tensor, same_NN: Tensor | None = None) -> Tensor:
    """Log mean Gaussian potential between images and the texts of other pairs: 0 down to -8.

    L_XUniform of Fahim et al. 2024. `same_NN` marks further true pairs (equal captions) that must not be pushed apart.
    """
    potential_NN = -2 * squared_distances(image_ND, text_ND)
    mine = torch.eye(len(image_ND), dtype=torch.bool, device=image_ND.device)
    others = potential_NN[~(mine if same_NN is None else mine | same_NN)]
    if not len(others):  # every caption is the same: there is nobody to stand apart from
        return image_ND.new_zeros(())
    return others.logsumexp(dim=0) - math.log(len(others))


def centroid_uniformity(image_ND: Tensor, text_ND: Tensor) -> Tensor:
    """Uniformity of the pairs' normalised midpoints: 0 (all pairs in one place) down to -4 (spread out).

    It spreads pairs over the sphere and leaves image and text of one pair free to meet. ModGap 2026, https://arxiv.org/abs/2601.18525
    """
    return uniformity(F.normalize(image_ND + text_ND, dim=1))


def squared_distances(left_ND: Tensor, right_MD: Tensor) -> Tensor:
    """Squared Euclidean distance of unit vectors, [N, M], from 0 to 4: 2 - 2 cosine."""
    return 2 - 2 * left_ND @ right_MD.T


def linear_separability(image_ND: np.ndarray, text_ND: np.ndarray, seed: int) -> float:
    """Accuracy of a line between the modalities on held-out pairs: 0.5 (no gap) to 1 (a gap). Fahim et al. 2024.

    Logistic regression, 80 % of the pairs to fit and 20 % to score, split by pair.
    """
    order = np.random.default_rng(seed).permutation(len(image_ND))
    held_out, fitted = np.split(order, [max(1, len(order) // 5)])
    points = {part: np.concatenate([image_ND[rows], text_ND[rows]]) for part, rows in enumerate((fitted, held_out))}
    modality = [np.repeat([0, 1], len(rows)) for rows in (fitted, held_out)]
    line = LogisticRegression(max_iter=1000).fit(points[0], modality[0])
    return float(line.score(points[1], modality[1]))

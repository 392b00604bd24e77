"""The losses of DRCL: generalised cross-entropy, recovered targets, agreement of structure.

Pu et al. 2025, https://arxiv.org/abs/2501.05686.

Shape legend: B = items of a batch, L = width of the common space, C = classes.
`feature_BL` has rows of unit length, or is a mixture of such; `target_BC` rows are soft labels that sum to 1.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def generalised_cross_entropy(feature_BL: Tensor, target_BC: Tensor, prior_LC: Tensor, q: float) -> Tensor:
    """Mean of (1 - p^q) / q, with p the belief in the target: from 0 (certain and right) to 1 / q.

    q -> 0 is cross-entropy, q = 1 the noise-tolerant absolute error. Zhang and Sabuncu 2018, https://arxiv.org/abs/1805.07836
    """
    belief_B = (target_BC * (feature_BL @ prior_LC).softmax(dim=1)).sum(dim=1)
    return ((1 - belief_B.clamp_min(1e-12) ** q) / q).mean()


def recovered_targets(target_BC: Tensor, prior_LC: Tensor) -> Tensor:
    """The point of the common space that the prior would map to the label: `y W+`, [B, L] (modality-invariant)."""
    return target_BC @ torch.linalg.pinv(prior_LC)


def structure_loss(feature_BL: Tensor, recovered_BL: Tensor) -> Tensor:
    """Mean squared difference of doubled cosines, within and across features and recovered targets; 0 when alike."""
    target_BL, feature_BL = (F.normalize(each_BL, dim=1) for each_BL in (recovered_BL, feature_BL))
    within = (2 * target_BL @ target_BL.T - 2 * feature_BL @ feature_BL.T).square().mean()
    across_BB = 2 * target_BL @ feature_BL.T
    return within + (across_BB - across_BB.T).square().mean()


def robustness(epoch: int) -> float:
    """q of the generalised cross-entropy at `epoch` (from 1): a slow move from cross-entropy to absolute error."""
    return min(1.0, 0.01 * epoch)

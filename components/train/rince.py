"""RINCE: a contrastive loss that pairs which do not belong together mislead less than InfoNCE.

Chuang et al. 2022, Robust Contrastive Learning against Noisy Views, https://arxiv.org/abs/2201.04309

Shape legend: N = pairs in the batch, M = candidates, the batch's N first.
"""

import math

from torch import Tensor

from components.infonce import Contrast


def rince_losses(contrast: Contrast, *, q: float, density: float, temperature: float) -> Tensor:
    """RINCE of each pair, [N], the mean of both directions; `q` in (0, 1].

        -e^{q s+} / q  +  (density (e^{s+} + sum over negatives e^{s-}))^q / q,     s = (cosine - 1) / temperature

    The paper's s is the plain cosine / temperature: ours divides the loss by e^{q / temperature}, a constant that
    keeps every exponential at or below 1. It lies between -1 / q and (density M)^q / q. As q -> 0 it becomes
    InfoNCE + log(density); q = 1 is the paper's symmetric loss, the end that forgives most noise.
    """
    image_NM, text_NM = contrast.logits(1 / temperature)
    return (_one_way(image_NM - 1 / temperature, q, density) + _one_way(text_NM - 1 / temperature, q, density)) / 2


def _one_way(shifted_NM: Tensor, q: float, density: float) -> Tensor:
    """The formula row by row; both powers less 1, so that nothing cancels as q -> 0."""
    positive_N = shifted_NM.diagonal()
    all_N = math.log(density) + shifted_NM.logsumexp(dim=1)
    return ((q * all_N).expm1() - (q * positive_N).expm1()) / q

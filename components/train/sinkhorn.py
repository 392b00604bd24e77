"""Balance of a batch: images and captions matched as a whole, where InfoNCE asks each row alone.

Contrastive losses are one step of entropic optimal transport; a few more keep a caption that everybody likes from being
everybody's answer. Chen et al. 2024, Generalized Contrastive Alignment, https://arxiv.org/abs/2502.20141
The trusted plan of a pair that looks wrong is the frozen base's, which noise has not reached, not a moving average's.

Shape legend: B = pairs in the batch. Rows are images and columns captions, or the other way round.
"""

import math

import torch
from torch import Tensor

from components.infonce import at_least_float32


def log_plan(logits_BB: Tensor, steps: int, give: Tensor | float = 1.0) -> Tensor:
    """Logarithm of Sinkhorn's plan after `steps` normalisations, rows first; marginals of 1 / B each.

    `give` below 1 is the unbalanced exponent rho / (rho + epsilon): a row or column may then leave mass unmatched.
    """
    logits_BB = at_least_float32(logits_BB)
    share = -math.log(len(logits_BB))
    row_B1, column_1B = torch.zeros_like(logits_BB[:, :1]), torch.zeros_like(logits_BB[:1])
    for step in range(steps):
        if step % 2 == 0:
            row_B1 = give * (share - (logits_BB + column_1B).logsumexp(dim=1, keepdim=True))
        else:
            column_1B = give * (share - (logits_BB + row_B1).logsumexp(dim=0, keepdim=True))
    return logits_BB + row_B1 + column_1B


def balance_loss(logits_BB: Tensor, target_BB: Tensor, steps: int, give: Tensor | float = 1.0) -> Tensor:
    """Cross-entropy of the plan with a target whose rows sum to 1, the mean of both directions.

    With one step, exact marginals and the identity as target it is symmetric InfoNCE.
    """
    size = len(logits_BB)
    one_way = [
        -(wanted_BB * (log_plan(given_BB, steps, give) + math.log(size))).sum() / size
        for given_BB, wanted_BB in ((logits_BB, target_BB), (logits_BB.T, _rows_to_one(target_BB.T)))
    ]
    return torch.stack(one_way).mean()


def matching_target(same_BB: Tensor, clean_B: Tensor | None = None, belief_BB: Tensor | None = None) -> Tensor:
    """Where each row's mass should go, [B, B], rows sum to 1: to its own caption, shared with equal ones (`same_BB`).

    A pair that is clean with probability `clean_B` leaves the rest to `belief_BB`, a trusted model's plan.
    """
    own_BB = _rows_to_one((same_BB | torch.eye(len(same_BB), dtype=torch.bool, device=same_BB.device)).float())
    if clean_B is None or belief_BB is None:
        return own_BB
    return clean_B[:, None] * own_BB + (1 - clean_B[:, None]) * _rows_to_one(belief_BB)


def exponent(rho: float, logit_scale: Tensor) -> Tensor | float:
    """rho / (rho + epsilon) with epsilon = 1 / `logit_scale`; rho of 0 stands for exact marginals: 1."""
    return rho / (rho + 1 / logit_scale) if rho > 0 else 1.0


def _rows_to_one(values_BB: Tensor) -> Tensor:
    return values_BB / values_BB.sum(dim=1, keepdim=True)

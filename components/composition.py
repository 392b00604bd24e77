"""CLIP-C: two images and their captions become one new pair.

Aladago et al. 2024, Semantic Compositions Enhance Vision-Language Contrastive Learning,
https://arxiv.org/abs/2407.01408: center-half crops side by side, captions joined by a conjunction,
a fraction `rate` of the pairs, partners drawn afresh every time.

Shape legend: B = pairs, H, W = pixels.
"""

from typing import Literal

import torch
from torch import Generator, Tensor

Axis = Literal["width", "height", "random"]


def side_by_side(first_BCHW: Tensor, second_BCHW: Tensor) -> Tensor:
    """The middle half of each image's columns, joined: [B, C, H, W] from twice the same."""
    quarter = first_BCHW.shape[3] // 4
    middle = slice(quarter, quarter + first_BCHW.shape[3] // 2)
    return torch.cat([first_BCHW[..., middle], second_BCHW[..., middle]], dim=3)


def compose(first_BCHW: Tensor, second_BCHW: Tensor, axis: Axis, generator: Generator) -> Tensor:
    """Compose pairs of images along `axis`; `random` draws one of the two for each pair."""
    if axis == "width":
        return side_by_side(first_BCHW, second_BCHW)
    stacked = side_by_side(first_BCHW.mT, second_BCHW.mT).mT
    if axis == "height":
        return stacked
    upright_B = torch.rand(len(first_BCHW), generator=generator) < 0.5
    return torch.where(upright_B[:, None, None, None], stacked, side_by_side(first_BCHW, second_BCHW))


NOBODY = -1
REDRAWS = 8


def draw_partners(batch_B: Tensor, pool_M: Tensor, group_N: Tensor, generator: Generator) -> Tensor:
    """For each row of the batch a partner of another group from the pool, itself not in the batch; [B], or NOBODY.

    A partner that also stood alone in the batch would be a false negative; one of the same group (`group_N`, a number
    for each row of the table) would be no composition. After REDRAWS misses a row stays alone.
    """
    outside_M = pool_M[~torch.isin(pool_M, batch_B)]
    partner_B = torch.full_like(batch_B, NOBODY)
    if not len(outside_M):
        return partner_B
    for _ in range(REDRAWS):  # every row is drawn each time, so that the generator's course does not depend on luck
        draw_B = outside_M[torch.randint(len(outside_M), (len(batch_B),), generator=generator)]
        fits_B = (partner_B == NOBODY) & (group_N[draw_B] != group_N[batch_B])
        partner_B = torch.where(fits_B, draw_B, partner_B)
    return partner_B

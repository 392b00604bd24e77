"""CLIP-C: two images and their captions become one new pair; and the controls that its claims are held against.

Aladago et al. 2024, Semantic Compositions Enhance Vision-Language Contrastive Learning,
https://arxiv.org/abs/2407.01408: center-half crops side by side, captions joined by a conjunction,
a fraction `rate` of the pairs, partners drawn afresh every time.

Shape legend: B = pairs, H, W = pixels.
"""

from typing import Literal

import torch
from torch import Generator, Tensor

Axis = Literal["width", "height", "random"]
Kind = Literal["clip_c", "cutmix_one_caption", "caption_fusion", "fixed_partners", "mismatched_second_caption"]
"""What becomes of two images and their captions: the method itself, or a control that lacks one part of it.

| kind | image | caption | what it asks |
|---|---|---|---|
| clip_c | half of each | first and second | the method |
| cutmix_one_caption | half of each | the first alone | is a new picture enough? |
| caption_fusion | the first, whole | first and second | are more words enough? |
| fixed_partners | half of each | first and second | must partners be drawn afresh? |
| mismatched_second_caption | half of each | first and a third image's | must the words mean the second half? |
"""


def shows_partner(kind: Kind) -> bool:
    """Whether a composition's picture has a half of the second image."""
    return kind != "caption_fusion"


def joins_captions(kind: Kind) -> bool:
    """Whether a composition's caption goes on after the first image's own."""
    return kind != "cutmix_one_caption"


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

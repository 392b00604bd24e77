"""Anchors to the frozen base: fine-tuning that remembers what the base knew. Each is 0 at the base.

Shape legend: B = pairs in the batch, D = width of the joint embedding.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from components.geometry import pair_distances


def logit_anchor(logits_BB: Tensor, base_BB: Tensor) -> Tensor:
    """Mean divergence of the student's matching from the base's, image to text and text to image; 0 (alike) up.

    Logit distillation at temperature 1: Hinton et al. 2015, https://arxiv.org/abs/1503.02531
    """
    ways = [
        F.kl_div(own.log_softmax(dim=1), base.log_softmax(dim=1), reduction="batchmean", log_target=True)
        for own, base in ((logits_BB, base_BB), (logits_BB.T, base_BB.T))
    ]
    return torch.stack(ways).mean()


def feature_anchor(image_BD: Tensor, text_BD: Tensor, base_image_BD: Tensor, base_text_BD: Tensor) -> Tensor:
    """Mean squared distance of unit vectors from the base's, images and captions alike: 0 to 4."""
    return (pair_distances(image_BD, base_image_BD).mean() + pair_distances(text_BD, base_text_BD).mean()) / 2


def weight_anchor(model: nn.Module, base: nn.Module) -> Tensor:
    """L2-SP: half the squared distance of the trainable weights from the base's, 0 up.

    Li et al. 2018, https://arxiv.org/abs/1802.01483
    """
    pairs: Iterable[tuple[Tensor, Tensor]] = zip(model.parameters(), base.parameters(), strict=True)
    squares = [(weight - start).square().sum() for weight, start in pairs if weight.requires_grad]
    return torch.stack(squares).sum() / 2

"""InfoNCE: each image picks out its text among candidates, and each text its image.

Radford et al. 2021, CLIP, https://arxiv.org/abs/2103.00020

Shape legend: N = pairs in the batch, M = candidates (the batch's N first, then any others), D = width of the joint
embedding. Every *_ND and *_MD tensor has rows of unit length; candidate i is the partner of anchor i.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Contrast:
    """Cosines of a batch's anchors to their candidates, both ways; column i holds the positive of row i."""

    image_NM: Tensor
    """Of each image to the candidate texts."""
    text_NM: Tensor
    """Of each text to the candidate images."""
    left_out_NM: Tensor | None = None
    """True where a candidate is no negative of the anchor; a row's own positive always counts."""

    def logits(self, logit_scale: Tensor | float) -> tuple[Tensor, Tensor]:
        """Scaled cosines, both ways [N, M], -inf where a candidate is left out; float32 or finer."""
        return tuple(  # type: ignore[return-value]
            without(logit_scale * at_least_float32(cosine_NM), self.left_out_NM)
            for cosine_NM in (self.image_NM, self.text_NM)
        )


def batch_contrast(image_ND: Tensor, text_ND: Tensor, left_out_NN: Tensor | None = None) -> Contrast:
    """Every pair of a batch against the others."""
    cosine_NN = image_ND @ text_ND.T
    return Contrast(cosine_NN, cosine_NN.T, left_out_NN)


def pair_losses(contrast: Contrast, logit_scale: Tensor | float) -> Tensor:
    """InfoNCE of each pair, [N], the mean of both directions: 0 (certain and right, or no negative left) up."""
    image_NM, text_NM = contrast.logits(logit_scale)
    target_N = torch.arange(len(image_NM), device=image_NM.device)
    return (
        F.cross_entropy(image_NM, target_N, reduction="none") + F.cross_entropy(text_NM, target_N, reduction="none")
    ) / 2


def contrastive_loss(image_ND: Tensor, text_ND: Tensor, logit_scale: Tensor, same_NN: Tensor | None = None) -> Tensor:
    """Symmetric InfoNCE of a batch, the CLIP loss: 0 (certain and right) up.

    `same_NN` marks other pairs with the very same caption: they are no negatives and leave the sum.
    """
    return pair_losses(batch_contrast(image_ND, text_ND, same_NN), logit_scale).mean()


def without(logits_NM: Tensor, left_out_NM: Tensor | None) -> Tensor:
    """-inf where a candidate is left out, but never on the diagonal."""
    if left_out_NM is None:
        return logits_NM
    mine_NM = torch.eye(*logits_NM.shape, dtype=torch.bool, device=logits_NM.device)
    return logits_NM.masked_fill(left_out_NM & ~mine_NM, -torch.inf)


def at_least_float32(values: Tensor) -> Tensor:
    """Half precision made single: exponentials of logits need the range."""
    return values.to(torch.promote_types(values.dtype, torch.float32))

"""The terms of training: symmetric InfoNCE, the contrastive-gap regularisers, soft targets.

Shape legend: N = pairs in the batch, C = classes of the task, D = width of the joint embedding.
Every *_ND and *_CD tensor has rows of unit length.
"""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from components.geometry import alignment, cross_uniformity, uniformity
from components.learning import PairTerms

STUDENT_SCALE, TEACHER_SCALE = 25.0, 10.0
"""Inverse temperatures of the soft-target loss: student and frozen teacher (MUDG's training code)."""


def contrastive_loss(image_ND: Tensor, text_ND: Tensor, logit_scale: Tensor, same_NN: Tensor | None = None) -> Tensor:
    """Symmetric InfoNCE: each image picks out its text among N, and each text its image. 0 (certain and right) up.

    `same_NN` marks other pairs with the very same caption: they are no negatives and leave the sum.
    Radford et al. 2021, CLIP, https://arxiv.org/abs/2103.00020
    """
    logits_NN = logit_scale * image_ND @ text_ND.T
    if same_NN is not None:
        mine = torch.eye(len(logits_NN), dtype=torch.bool, device=logits_NN.device)
        logits_NN = logits_NN.masked_fill(same_NN & ~mine, -torch.inf)
    target_N = torch.arange(len(logits_NN), device=logits_NN.device)
    return (F.cross_entropy(logits_NN, target_N) + F.cross_entropy(logits_NN.T, target_N)) / 2


def soft_target_loss(
    image_ND: Tensor, class_CD: Tensor, label_N: Tensor, teacher_NC: Tensor, teacher_share: float
) -> Tensor:
    """Cross-entropy with (1 - share) of the pseudo-label and `teacher_share` of the frozen teacher's belief.

    `teacher_NC` are the teacher's cosines to the same class prompts. MUDG, https://arxiv.org/abs/2402.04416, 1.5.
    """
    belief_NC = (TEACHER_SCALE * teacher_NC).softmax(dim=1)
    target_NC = (1 - teacher_share) * F.one_hot(label_N, len(class_CD)) + teacher_share * belief_NC
    return F.cross_entropy(STUDENT_SCALE * image_ND @ class_CD.T, target_NC)


def pair_terms(
    image_ND: Tensor, text_ND: Tensor, logit_scale: Tensor, same_NN: Tensor, weights: PairTerms
) -> dict[str, Tensor]:
    """The weighted terms of L_CUAXU (Fahim et al. 2024, https://arxiv.org/abs/2405.18570), by name."""
    formulas: Mapping[str, Callable[[], Tensor]] = {
        "contrastive": lambda: contrastive_loss(image_ND, text_ND, logit_scale, same_NN),
        "uniformity": lambda: (uniformity(image_ND) + uniformity(text_ND)) / 2,
        "alignment": lambda: alignment(image_ND, text_ND),
        "cross_uniformity": lambda: cross_uniformity(image_ND, text_ND, same_NN),
    }
    weight = {name: getattr(weights, name) for name in formulas}
    return {name: weight[name] * formula() for name, formula in formulas.items() if weight[name] > 0}

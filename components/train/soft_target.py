"""MUDG's diversity-preserving loss: pseudo-labels, softened by what a frozen teacher believes.

Liao et al. 2024, https://arxiv.org/abs/2402.04416
The prompts take the task's templates in turn; the paper's, class-agnostic descriptors.

Shape legend: N = images, C = classes of the task, D = width of the joint embedding.
Every *_ND and *_CD tensor has rows of unit length.
"""

import torch.nn.functional as F
from torch import Tensor

from components.losses import weighted_mean

STUDENT_SCALE, TEACHER_SCALE = 25.0, 10.0
"""Inverse temperatures of student and frozen teacher (MUDG's training code)."""


def soft_target_loss(
    image_ND: Tensor,
    class_CD: Tensor,
    label_N: Tensor,
    teacher_NC: Tensor,
    teacher_share: float,
    *,
    weight_N: Tensor | None = None,
    shift_C: Tensor | None = None,
) -> Tensor:
    """Cross-entropy with (1 - share) of the pseudo-label and `teacher_share` of the frozen teacher's belief; 0 up.

    `teacher_NC` are the teacher's cosines to the same class prompts, `weight_N` weighs the images, and `shift_C` is
    added to the student's logits (logit adjustment).
    """
    belief_NC = (TEACHER_SCALE * teacher_NC).softmax(dim=1)
    target_NC = (1 - teacher_share) * F.one_hot(label_N, len(class_CD)) + teacher_share * belief_NC
    logits_NC = STUDENT_SCALE * image_ND @ class_CD.T
    if shift_C is not None:
        logits_NC = logits_NC + shift_C
    return weighted_mean(F.cross_entropy(logits_NC, target_NC, reduction="none"), weight_N)

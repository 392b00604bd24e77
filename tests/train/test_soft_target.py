"""MUDG's soft targets, from closed forms and from loops."""

import math

import numpy as np
import pytest
import torch

from components.train.soft_target import STUDENT_SCALE, TEACHER_SCALE, soft_target_loss


def test_soft_target_without_a_teacher_is_cross_entropy():
    image_ND, class_CD = torch.eye(2), torch.eye(2)
    loss = soft_target_loss(image_ND, class_CD, torch.tensor([0, 1]), torch.zeros(2, 2), teacher_share=0.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-STUDENT_SCALE)), abs=1e-6)


@pytest.mark.parametrize("shift", [None, [0.0, -1.0, 2.0]], ids=["plain", "adjusted"])
@pytest.mark.parametrize("weight", [None, [0.5, 2.0, 0.0, 1.5]], ids=["alike", "weighted"])
def test_soft_target_agrees_with_loops(unit_rows, weight, shift):
    image, classes, teacher = unit_rows(4, 6, seed=1), unit_rows(3, 6, seed=2), unit_rows(4, 3, seed=3)
    label = [0, 2, 1, 2]
    found = soft_target_loss(
        *map(torch.from_numpy, (image, classes)),
        torch.tensor(label),
        torch.from_numpy(teacher),
        0.2,
        weight_N=None if weight is None else torch.tensor(weight),
        shift_C=None if shift is None else torch.tensor(shift),
    )
    expected = soft_target_by_loops(image, classes, label, teacher, 0.2, weight or [1] * 4, shift or [0] * 3)
    assert found.item() == pytest.approx(expected, abs=1e-5)


def soft_target_by_loops(image_ND, class_CD, label, teacher_NC, share, weight, shift) -> float:
    losses = []
    for i in range(len(image_ND)):
        student = np.exp(STUDENT_SCALE * class_CD @ image_ND[i] + shift)
        belief = np.exp(TEACHER_SCALE * teacher_NC[i])
        for c in range(len(class_CD)):
            target = (1 - share) * (c == label[i]) + share * belief[c] / belief.sum()
            losses.append(-weight[i] * target * math.log(student[c] / student.sum()))
    return float(np.sum(losses) / len(image_ND))

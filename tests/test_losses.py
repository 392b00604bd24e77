"""The terms of training, from closed forms and from a slow plain reading of the papers."""

import math

import numpy as np
import pytest
import torch

from components.learning import PairTerms
from components.losses import STUDENT_SCALE, TEACHER_SCALE, contrastive_loss, pair_terms, soft_target_loss


@pytest.mark.parametrize(
    ("logit_scale", "expected"),
    [
        (0.0, math.log(2)),  # no contrast: a coin toss between 2 texts
        (1.0, math.log(1 + math.exp(-1))),  # logits [[1, 0], [0, 1]]
        (100.0, 0.0),  # CLIP's ceiling: certain, and right
    ],
    ids=["coin-toss", "orthonormal", "certain"],
)
def test_contrastive_loss_of_two_orthonormal_pairs(logit_scale, expected):
    pairs_ND = torch.eye(2)
    loss = contrastive_loss(pairs_ND, pairs_ND, torch.tensor(logit_scale))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_contrastive_loss_agrees_with_loops_in_value_and_gradient(unit_rows):
    image = torch.from_numpy(unit_rows(5, 4, seed=1)).double().requires_grad_()
    text = torch.from_numpy(unit_rows(5, 4, seed=2)).double()
    fast = contrastive_loss(image, text, torch.tensor(7.0))
    assert fast.item() == pytest.approx(clip_loss_by_loops(image.detach().numpy(), text.numpy(), 7.0))
    fast.backward()
    step = 1e-6
    moved = image.detach().clone()
    moved[2, 1] += step
    slope = (clip_loss_by_loops(moved.numpy(), text.numpy(), 7.0) - fast.item()) / step
    assert image.grad[2, 1].item() == pytest.approx(slope, abs=1e-4)


def test_two_rows_with_one_caption_are_not_each_others_negatives():
    pairs_ND = torch.eye(3)
    same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    # rows 0 and 1 keep one negative, row 2 keeps two; every negative has logit 0 and the positive 1
    expected = (2 * math.log(1 + math.exp(-1)) + math.log(1 + 2 * math.exp(-1))) / 3
    assert contrastive_loss(pairs_ND, pairs_ND, torch.tensor(1.0), same).item() == pytest.approx(expected)


def test_soft_target_without_a_teacher_is_cross_entropy():
    image_ND, class_CD = torch.eye(2), torch.eye(2)
    loss = soft_target_loss(image_ND, class_CD, torch.tensor([0, 1]), torch.zeros(2, 2), teacher_share=0.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-STUDENT_SCALE)), abs=1e-6)


def test_soft_target_agrees_with_loops(unit_rows):
    image, classes, teacher = unit_rows(4, 6, seed=1), unit_rows(3, 6, seed=2), unit_rows(4, 3, seed=3)
    label = [0, 2, 1, 2]
    found = soft_target_loss(
        *map(torch.from_numpy, (image, classes)), torch.tensor(label), torch.from_numpy(teacher), 0.2
    )
    assert found.item() == pytest.approx(soft_target_by_loops(image, classes, label, teacher, 0.2), abs=1e-5)


def test_a_weight_of_zero_removes_the_term(unit_rows):
    image, text = (torch.from_numpy(unit_rows(4, 3, seed=seed)) for seed in (1, 2))
    weights = PairTerms(contrastive=2.0, uniformity=0.0, alignment=0.5, cross_uniformity=0.0)
    terms = pair_terms(image, text, torch.tensor(10.0), torch.eye(4, dtype=torch.bool), weights)
    assert list(terms) == ["contrastive", "alignment"]
    assert terms["contrastive"].item() == pytest.approx(2 * contrastive_loss(image, text, torch.tensor(10.0)).item())


def clip_loss_by_loops(image_ND: np.ndarray, text_ND: np.ndarray, scale: float) -> float:
    logits_NN = scale * image_ND @ text_ND.T
    losses = []
    for i in range(len(logits_NN)):
        losses += [-row[i] + np.log(np.exp(row).sum()) for row in (logits_NN[i], logits_NN[:, i])]
    return float(np.mean(losses))


def soft_target_by_loops(image_ND, class_CD, label, teacher_NC, share: float) -> float:
    losses = []
    for i in range(len(image_ND)):
        student = np.exp(STUDENT_SCALE * class_CD @ image_ND[i])
        belief = np.exp(TEACHER_SCALE * teacher_NC[i])
        for c in range(len(class_CD)):
            target = (1 - share) * (c == label[i]) + share * belief[c] / belief.sum()
            losses.append(-target * math.log(student[c] / student.sum()))
    return float(np.sum(losses) / len(image_ND))

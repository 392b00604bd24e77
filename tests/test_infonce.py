"""InfoNCE, from closed forms and from loops."""

import math

import numpy as np
import pytest
import torch

from components.infonce import Contrast, contrastive_loss, pair_losses


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


def test_where_every_caption_is_the_same_there_is_nothing_to_learn(unit_rows):
    image = torch.from_numpy(unit_rows(4, 3, seed=1)).requires_grad_()
    loss = contrastive_loss(image, image.detach(), torch.tensor(100.0), torch.ones(4, 4, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0 and torch.equal(image.grad, torch.zeros(4, 3))


def test_further_candidates_are_negatives_of_every_pair():
    # two pairs and three more candidates, all cosines 0: one in five, either way
    nothing_NM = torch.zeros(2, 5)
    assert pair_losses(Contrast(nothing_NM, nothing_NM), 10.0).tolist() == pytest.approx([math.log(5)] * 2)


def test_half_precision_is_reckoned_in_single():
    cosine_NN = torch.eye(3, dtype=torch.bfloat16)
    assert pair_losses(Contrast(cosine_NN, cosine_NN), 100.0).dtype == torch.float32


def clip_loss_by_loops(image_ND: np.ndarray, text_ND: np.ndarray, scale: float) -> float:
    logits_NN = scale * image_ND @ text_ND.T
    losses = []
    for i in range(len(logits_NN)):
        losses += [-row[i] + np.log(np.exp(row).sum()) for row in (logits_NN[i], logits_NN[:, i])]
    return float(np.mean(losses))

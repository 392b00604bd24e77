"""Anchors: nothing to pay at the base, and what a step away costs."""

import copy
import math

import pytest
import torch
from torch import nn

from components.train.anchor import feature_anchor, logit_anchor, weight_anchor


def test_every_anchor_is_zero_at_the_base(unit_rows):
    image, text = (torch.from_numpy(unit_rows(4, 3, seed=seed)) for seed in (1, 2))
    model = nn.Linear(3, 2)
    assert logit_anchor(9 * image @ text.T, 9 * image @ text.T).item() == pytest.approx(0, abs=1e-6)
    assert feature_anchor(image, text, image, text).item() == 0
    assert weight_anchor(model, copy.deepcopy(model)).item() == 0


def test_the_weight_anchor_is_half_the_squared_distance_of_what_may_move():
    base = nn.Linear(3, 2)
    model = copy.deepcopy(base)
    with torch.no_grad():
        model.weight += 0.5  # six weights
        model.bias += 7.0
    model.bias.requires_grad_(False)
    loss = weight_anchor(model, base)
    assert loss.item() == pytest.approx(6 * 0.25 / 2)
    loss.backward()
    torch.testing.assert_close(model.weight.grad, torch.full((2, 3), 0.5))


def test_the_logit_anchor_is_a_divergence():
    # rows: the base is certain of nothing, the student has odds 3:1; columns alike
    student, base = math.log(3) * torch.eye(2), torch.zeros(2, 2)
    expected = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert logit_anchor(student, base).item() == pytest.approx(expected)


def test_the_logit_anchor_looks_both_ways():
    student, base = torch.tensor([[2.0, -1.0], [0.5, 0.0]]), torch.tensor([[0.0, 3.0], [1.0, -2.0]])

    def one_way(own, other):
        own_BB, other_BB = own.softmax(dim=1).tolist(), other.softmax(dim=1).tolist()
        cells = [
            o * math.log(o / s)
            for o_B, s_B in zip(other_BB, own_BB, strict=True)
            for o, s in zip(o_B, s_B, strict=True)
        ]
        return sum(cells) / 2

    expected = (one_way(student, base) + one_way(student.T, base.T)) / 2
    assert logit_anchor(student, base).item() == pytest.approx(expected)
    assert one_way(student, base) != pytest.approx(one_way(student.T, base.T))


def test_the_feature_anchor_is_the_mean_squared_distance_of_images_and_captions():
    north, east = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
    assert feature_anchor(north, north, east, north).item() == pytest.approx(1.0)  # (2 + 0) / 2

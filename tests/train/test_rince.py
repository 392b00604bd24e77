"""RINCE from a slow reading of the paper, at its InfoNCE end, and where single precision would overflow."""

import math

import numpy as np
import pytest
import torch

from components.infonce import Contrast, batch_contrast, pair_losses
from components.train.rince import rince_losses


@pytest.mark.parametrize("q", [0.1, 0.5, 1.0])
def test_rince_agrees_with_loops(unit_rows, q):
    image, text = (torch.from_numpy(unit_rows(5, 4, seed=seed)).double() for seed in (1, 2))
    left_out = torch.zeros(5, 5, dtype=torch.bool)
    left_out[0, 3] = left_out[2, 2] = True  # a positive always counts
    found = rince_losses(batch_contrast(image, text, left_out), q=q, density=0.3, temperature=0.2)
    expected = rince_by_loops((image @ text.T).numpy(), left_out.numpy(), q, 0.3, 0.2)
    np.testing.assert_allclose(found.numpy(), np.array(expected) / math.exp(q / 0.2), rtol=1e-9)


def test_near_q_of_zero_it_is_infonce(unit_rows):
    contrast = batch_contrast(*(torch.from_numpy(unit_rows(6, 4, seed=seed)) for seed in (1, 2)))
    found = rince_losses(contrast, q=1e-5, density=0.01, temperature=0.07)
    expected = pair_losses(contrast, 1 / 0.07) + math.log(0.01)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("q", [1e-6, 0.5, 1.0])
def test_at_a_temperature_of_one_hundredth_nothing_overflows(unit_rows, q):
    """e^(1 / 0.01) is no single-precision number."""
    image, text = (torch.from_numpy(unit_rows(8, 4, seed=seed)).requires_grad_() for seed in (1, 2))
    rince_losses(batch_contrast(image, text), q=q, density=0.01, temperature=0.01).mean().backward()
    assert torch.isfinite(image.grad).all() and image.grad.abs().sum() > 0


def test_a_perfect_pair_with_no_negative_left():
    # s = 0: -1/q + density^q / q = -2 + 2 * 0.25^0.5
    alone = Contrast(torch.ones(3, 3), torch.ones(3, 3), torch.ones(3, 3, dtype=torch.bool))
    assert rince_losses(alone, q=0.5, density=0.25, temperature=0.07).tolist() == pytest.approx([-1.0] * 3)


def test_a_wrong_pair_pulls_less_than_with_infonce():
    """The gradient of a pair that lies apart, relative to one that nearly fits."""

    def pulls(loss_of):
        cosine = torch.tensor([[0.9, 0.0, 0.0], [0.0, -0.3, 0.0], [0.0, 0.0, 0.5]], requires_grad=True)
        loss_of(Contrast(cosine, cosine.T)).sum().backward()
        return cosine.grad.diagonal().abs()

    infonce = pulls(lambda contrast: pair_losses(contrast, 1 / 0.2))
    rince = pulls(lambda contrast: rince_losses(contrast, q=1.0, density=0.01, temperature=0.2))
    assert infonce[1] > infonce[2] > infonce[0]  # the worst fit pulls hardest
    assert rince[1] < rince[2] < rince[0]  # the worst fit is trusted least


def rince_by_loops(cosine, left_out, q, density, temperature):
    losses = []
    for i in range(len(cosine)):
        ways = []
        for row in (cosine[i], cosine[:, i]):
            score = np.exp(row / temperature)
            negatives = sum(score[j] for j in range(len(row)) if j != i and not left_out[i, j])
            ways.append(-(score[i] ** q) / q + (density * (score[i] + negatives)) ** q / q)
        losses.append(np.mean(ways))
    return losses

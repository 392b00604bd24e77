"""Sinkhorn's plan: its sums, a plain loop, and the InfoNCE that it generalises."""

import numpy as np
import pytest
import torch

from components.infonce import contrastive_loss
from components.train.sinkhorn import balance_loss, exponent, log_plan, matching_target


@pytest.fixture
def logits(unit_rows):
    image, text = (torch.from_numpy(unit_rows(6, 4, seed=seed)).double() for seed in (1, 2))
    return 8 * image @ text.T


def test_after_many_steps_rows_and_columns_hold_equal_mass(logits):
    plan = log_plan(logits / 4, steps=200).exp()
    for dim in (0, 1):
        np.testing.assert_allclose(plan.sum(dim=dim), [1 / 6] * 6, atol=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_plan_agrees_with_loops(logits, steps):
    np.testing.assert_allclose(log_plan(logits, steps).exp(), plan_by_loops(logits.numpy(), steps), rtol=1e-9)


def test_large_logits_stay_finite():
    logits = (100 * torch.eye(4)).requires_grad_()
    balance_loss(logits, torch.eye(4).roll(1, dims=0), steps=6).backward()
    assert torch.isfinite(logits.grad).all()


def test_one_step_is_infonce(unit_rows):
    image, text = (torch.from_numpy(unit_rows(5, 4, seed=seed)) for seed in (1, 2))
    loss = balance_loss(7 * image @ text.T, torch.eye(5), steps=1)
    assert loss.item() == pytest.approx(contrastive_loss(image, text, torch.tensor(7.0)).item(), abs=1e-5)


def test_unbalanced_marginals_let_an_outlier_go_and_strong_ones_are_exact(logits):
    outlier = logits.clone()
    outlier[0] -= 6  # this image fits no caption
    loose = log_plan(outlier, 200, give=exponent(1.0, torch.tensor(8.0))).exp().sum(dim=1)
    assert loose[0] < 0.9 * loose[1:].min()
    strong = log_plan(outlier, 50, give=exponent(1e9, torch.tensor(8.0)))
    torch.testing.assert_close(strong, log_plan(outlier, 50), rtol=1e-6, atol=1e-6)
    assert exponent(0.0, torch.tensor(8.0)) == 1.0


def test_the_unbalanced_plan_is_what_loops_reckon(logits):
    give = exponent(2.0, torch.tensor(8.0))
    assert give == pytest.approx(2 / (2 + 1 / 8))
    np.testing.assert_allclose(
        log_plan(logits, 5, give).exp(), plan_by_loops(logits.numpy(), 5, float(give)), rtol=1e-9
    )


def test_equal_captions_share_the_target():
    same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    assert matching_target(same).tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]


def test_a_wrong_pair_leaves_its_mass_to_the_trusted_plan():
    belief = torch.tensor([[0.1, 0.3], [0.2, 0.2]])
    target = matching_target(torch.eye(2, dtype=torch.bool), torch.tensor([0.0, 0.5]), belief)
    np.testing.assert_allclose(target, [[0.25, 0.75], [0.25, 0.75]])  # row 1: half of [0, 1], half of [.5, .5]


def plan_by_loops(logits, steps, give=1.0):
    """diag(u) exp(logits) diag(v), where u and v in turn are set to (1 / B over what the other leaves) ** give."""
    size = len(logits)
    kernel, u, v = np.exp(logits), np.ones(size), np.ones(size)
    for step in range(steps):
        for i in range(size):
            if step % 2 == 0:
                u[i] = (1 / size / sum(kernel[i, j] * v[j] for j in range(size))) ** give
            else:
                v[i] = (1 / size / sum(kernel[j, i] * u[j] for j in range(size))) ** give
    return u[:, None] * kernel * v

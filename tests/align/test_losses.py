"""DRCL's losses: limits, closed forms, and loops."""

import math

import numpy as np
import pytest
import torch

from components.align.losses import generalised_cross_entropy, recovered_targets, robustness, structure_loss


def test_generalised_cross_entropy_lies_between_its_two_limits():
    feature, prior, target = torch.eye(2), 3 * torch.eye(2), torch.eye(2)
    belief = math.exp(3) / (math.exp(3) + 1)
    assert generalised_cross_entropy(feature, target, prior, 1.0).item() == pytest.approx(1 - belief, abs=1e-6)
    assert generalised_cross_entropy(feature, target, prior, 1e-4).item() == pytest.approx(-math.log(belief), abs=1e-3)


def test_robustness_climbs_to_one():
    assert [robustness(epoch) for epoch in (1, 50, 100, 200)] == [0.01, 0.5, 1.0, 1.0]


def test_the_prior_maps_a_recovered_target_back_to_its_label():
    prior_LC = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    target_BC = torch.tensor([[1.0, 0, 0], [0, 0.3, 0.7]])
    torch.testing.assert_close(recovered_targets(target_BC, prior_LC) @ prior_LC, target_BC, atol=1e-5, rtol=0)


def test_structure_loss_agrees_with_loops(unit_rows):
    lengths = np.array([[0.5], [1.0], [0.8], [0.3]], dtype=np.float32)  # do not matter: mixtures are shorter than 1
    feature, recovered = lengths * unit_rows(4, 5, seed=1), 3 * unit_rows(4, 5, seed=2)

    def cosine(a, b):
        return 2 * float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))

    pairs = [(i, j) for i in range(4) for j in range(4)]
    within = np.mean([(cosine(recovered[i], recovered[j]) - cosine(feature[i], feature[j])) ** 2 for i, j in pairs])
    across = np.mean([(cosine(recovered[i], feature[j]) - cosine(recovered[j], feature[i])) ** 2 for i, j in pairs])
    found = structure_loss(torch.from_numpy(feature), torch.from_numpy(recovered)).item()
    assert found == pytest.approx(within + across, abs=1e-5)
    assert structure_loss(torch.from_numpy(feature), torch.from_numpy(feature)).item() == pytest.approx(0, abs=1e-6)

"""Routers: a table is mean captions; a learned one starts as `ivf` and never ends worse on held-out captions."""

import numpy as np
import pytest
import torch

from components.index import router
from components.index.paired import normalised
from components.index.router import BUDGETS, Adam, coverage, gradient, linear_router, text_table


def test_a_table_holds_each_list_s_mean_caption():
    text_ND = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    centroid_LD = np.eye(3, dtype=np.float32)
    table_LE = text_table(text_ND, text_ND, np.array([0, 0, 2]), centroid_LD)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(table_LE, [[half, half, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], atol=1e-6)


def test_a_list_without_captions_takes_its_centroid_moved_by_the_gap():
    text_ND, image_ND = np.array([[0, 1]], dtype=np.float32), np.array([[1, 0]], dtype=np.float32)
    table_LE = text_table(text_ND, image_ND, np.array([0]), np.array([[1, 0], [0, -1]], dtype=np.float32))
    np.testing.assert_allclose(table_LE[1], [-1, 0, 0], atol=1e-6)  # (0, -1) + (-1, 1)


def test_coverage_by_hand():
    """One caption, four even lists in the order 0, 1, 2, 3: of shares of 1/4 a budget of 0.1 reads 2/5 of the first."""
    router_LE = np.array([[4, 0], [3, 0], [2, 0], [1, 0]], dtype=np.float32)
    one = np.ones((1, 1), dtype=np.float32)
    assert coverage(one, np.array([[0]]), router_LE, np.full(4, 0.25)) == pytest.approx(np.mean(BUDGETS) / 0.25)
    assert coverage(one, np.array([[1]]), router_LE, np.full(4, 0.25)) == 0


def test_coverage_does_not_depend_on_the_blocks_it_is_counted_in(monkeypatch):
    rng = np.random.default_rng(3)
    text_ND, router_LE = normalised(rng.normal(size=(50, 6))), rng.normal(size=(9, 7)).astype(np.float32)
    list_NK, share_L = rng.integers(0, 9, size=(50, 4)), rng.dirichlet(np.ones(9))
    whole = coverage(text_ND, list_NK, router_LE, share_L)
    monkeypatch.setattr(router, "COVERAGE_SCORES", 9 * 8)  # eight captions at a time
    assert coverage(text_ND, list_NK, router_LE, share_L) == pytest.approx(whole, abs=1e-12)


@pytest.fixture(scope="module")
def turned():
    """Captions that say the opposite corner of their images' list: centroids mislead, a linear map can learn."""
    rng = np.random.default_rng(0)
    list_NK = rng.integers(0, 16, size=(1600, 1))
    centroid_LD = np.eye(16, dtype=np.float32)
    text_ND = normalised(np.eye(16)[(list_NK[:, 0] + 5) % 16] + 0.1 * rng.normal(size=(1600, 16)))
    return text_ND, list_NK, centroid_LD, np.full(16, 1 / 16)


def test_a_router_learns_what_centroids_cannot_know(turned):
    router_LE, figures = linear_router(*turned, held_out=0.2, epochs=8, learning_rate=1.0, seed=1)
    first_N = np.argmax(turned[0] @ router_LE[:, :-1].T + router_LE[:, -1], axis=1)
    assert (first_N == turned[1][:, 0]).mean() > 0.95
    assert figures["router_held_out_coverage"] > figures["router_held_out_coverage_untrained"]


def test_an_untrained_router_probes_by_the_image_centroids(turned):
    router_LE, figures = linear_router(*turned, held_out=0.2, epochs=0, learning_rate=1.0, seed=1)
    product_NL = turned[0] @ turned[2].T
    order_NL = np.argsort(-(turned[0] @ router_LE[:, :-1].T + router_LE[:, -1]), axis=1)
    np.testing.assert_array_equal(order_NL[:, :4], np.argsort(-product_NL, axis=1)[:, :4])
    assert figures["router_held_out_coverage"] == figures["router_held_out_coverage_untrained"]


def test_a_harmful_step_size_leaves_the_router_as_it_was():
    rng = np.random.default_rng(1)
    centroid_LD = np.eye(8, dtype=np.float32)
    list_NK = rng.integers(0, 8, size=(40, 1))
    text_ND = normalised(centroid_LD[list_NK[:, 0]] + 0.01 * rng.normal(size=(40, 8)))
    figures = linear_router(
        text_ND, list_NK, centroid_LD, np.full(8, 1 / 8), held_out=0.5, epochs=2, learning_rate=1e4, seed=0
    )[1]
    assert figures["router_held_out_coverage"] >= figures["router_held_out_coverage_untrained"]


def test_the_same_seed_gives_the_same_router(turned):
    once, again = (linear_router(*turned, held_out=0.2, epochs=2, learning_rate=0.1, seed=4)[0] for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_steps_are_those_of_torch(unit_rows):
    text_BE, list_BK = unit_rows(30, 6, seed=1), np.random.default_rng(2).integers(0, 5, size=(30, 4))
    ours = 3 * unit_rows(5, 6, seed=3)
    theirs = torch.from_numpy(ours.copy()).requires_grad_()
    target_BL = torch.from_numpy(np.array([np.bincount(each, minlength=5) / 4 for each in list_BK], dtype=np.float32))
    adam, torch_adam = Adam(0.1), torch.optim.Adam([theirs], lr=0.1)
    for _ in range(5):
        torch_adam.zero_grad()
        torch.nn.functional.cross_entropy(torch.from_numpy(text_BE) @ theirs.T, target_BL).backward()
        slope = gradient(ours, text_BE, list_BK)
        np.testing.assert_allclose(slope, theirs.grad.numpy(), atol=1e-6)
        torch_adam.step()
        ours = ours - adam.step(slope)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-4)

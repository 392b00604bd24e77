"""Clean pairs: planted noise is found, the orientation holds, and an epoch ends where the batches end it."""

import numpy as np
import pytest
import torch

from components.train.clean_pairs import CleanPairs, clean_share


def planted(share: float, rows: int = 400):
    """Losses of `rows` pairs, of which a share is wrong: a low heap at 0.5 and a high one at 3."""
    draw = np.random.default_rng(0)
    wrong = np.arange(rows) < share * rows
    return np.where(wrong, draw.normal(3.0, 0.4, rows), draw.normal(0.5, 0.2, rows)), wrong


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_planted_noise_is_found_whatever_its_share(share):
    losses, wrong = planted(share)
    found = clean_share(losses, seed=1) < 0.5
    assert (found == wrong).mean() > 0.98


def test_the_share_never_rises_with_the_loss_and_scale_does_not_matter():
    losses, _ = planted(0.5)
    share = clean_share(losses, seed=1)
    assert (np.diff(share[np.argsort(losses)]) <= 1e-12).all()
    np.testing.assert_allclose(clean_share(100 * losses + 7, seed=1), share, atol=1e-6)


@pytest.mark.parametrize("losses", [[], [1.0], [2.0, 2.0, 2.0]], ids=["none", "one", "all equal"])
def test_without_two_heaps_every_pair_is_clean(losses):
    assert clean_share(np.array(losses), seed=1).tolist() == [1.0] * len(losses)


def drawn(clean: CleanPairs, losses: torch.Tensor, epochs: int, batch: int = 4):
    for _ in range(epochs):
        for rows in torch.arange(len(losses) - len(losses) % batch).split(batch):
            clean.watch(rows, losses[rows], torch.ones(len(rows), dtype=torch.bool))


def test_pairs_are_judged_at_the_end_of_each_epoch_that_counts():
    losses = torch.tensor([0.1, 0.2, 0.1, 0.3, 5.0, 5.1, 4.9, 5.2, 0.0, 0.0])  # the last two fit into no batch of four
    clean = CleanPairs(len(losses), per_epoch=len(losses), from_epoch=2, least=0.25, seed=1, device="cpu")
    drawn(clean, losses, epochs=1)
    assert clean.weight_N.tolist() == [1.0] * 10
    drawn(clean, losses, epochs=1)
    assert clean.weight_N[:4].min() > 0.99
    assert clean.weight_N[4:8].tolist() == [0.25] * 4  # wrong, but never silent
    assert clean.weight_N[8:].tolist() == [1.0, 1.0]  # not known


def test_compositions_are_not_judged():
    clean = CleanPairs(4, per_epoch=4, from_epoch=1, least=0.0, seed=1, device="cpu")
    plain = torch.tensor([True, True, True, False])
    clean.watch(torch.arange(4), torch.tensor([0.1, 0.1, 5.0, 9.0]), plain)
    assert clean.weight_N.round(decimals=2).tolist() == [1.0, 1.0, 0.0, 1.0]


def test_a_continued_account_ends_the_same():
    losses = torch.from_numpy(planted(0.5, rows=12)[0]).float()
    whole, first, second = (
        CleanPairs(12, per_epoch=12, from_epoch=1, least=0.1, seed=1, device="cpu") for _ in range(3)
    )
    drawn(whole, losses, epochs=1)
    for rows in torch.arange(12).split(4):
        first.watch(rows, losses[rows], torch.ones(4, dtype=torch.bool))
        second.load_state_dict(first.state_dict())
    assert torch.equal(second.weight_N, whole.weight_N)

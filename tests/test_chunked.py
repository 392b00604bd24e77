"""Chunks of a large batch: the same loss and gradients, and batch statistics noted once."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from components.chunked import chunked
from components.infonce import contrastive_loss


class Tower(nn.Module):
    """The smallest tower with every difficulty: dropout, batch normalisation, unit vectors."""

    def __init__(self, *, norm: bool, dropout: float):
        super().__init__()
        self.norm = nn.BatchNorm1d(6) if norm else nn.Identity()
        self.first, self.last, self.dropout = nn.Linear(5, 6), nn.Linear(6, 4), nn.Dropout(dropout)

    def forward(self, rows_BF):
        return F.normalize(self.last(self.dropout(self.norm(self.first(rows_BF)).relu())), dim=1)


def loss_and_gradients(tower: Tower, size: int) -> tuple[float, list[torch.Tensor]]:
    draw = torch.Generator().manual_seed(1)
    left_BF, right_BF = (torch.randn(10, 5, generator=draw) for _ in range(2))
    left_BD, right_BD = (chunked(tower, rows_BF, size, tower) for rows_BF in (left_BF, right_BF))
    loss = contrastive_loss(left_BD, right_BD, torch.tensor(10.0))
    tower.zero_grad()
    loss.backward()
    return loss.item(), [weight.grad.clone() for weight in tower.parameters()]


@pytest.mark.parametrize("size", [1, 3, 5, 10, 64])
def test_loss_and_gradients_are_the_large_batchs(size):
    torch.manual_seed(0)
    tower = Tower(norm=False, dropout=0)
    (loss, gradients), (whole, expected) = loss_and_gradients(tower, size), loss_and_gradients(tower, 0)
    assert loss == pytest.approx(whole, abs=1e-6)
    for gradient, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, other, atol=1e-6, rtol=1e-5)


def test_batch_normalisation_in_evaluation_changes_nothing_either():
    torch.manual_seed(0)
    tower = Tower(norm=True, dropout=0).eval()
    (loss, gradients), (whole, expected) = loss_and_gradients(tower, 3), loss_and_gradients(tower, 0)
    assert loss == pytest.approx(whole, abs=1e-6)
    for gradient, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, other, atol=1e-6, rtol=1e-5)


def test_the_second_pass_draws_what_the_first_drew_and_notes_no_statistics_again():
    """Against the same chunks with their graph kept, where every layer runs once."""
    torch.manual_seed(0)
    tower, plain = Tower(norm=True, dropout=0.5), Tower(norm=True, dropout=0.5)
    plain.load_state_dict(tower.state_dict())
    torch.manual_seed(5)
    loss, gradients = loss_and_gradients(tower, 5)
    torch.manual_seed(5)
    draw = torch.Generator().manual_seed(1)
    left_BF, right_BF = (torch.randn(10, 5, generator=draw) for _ in range(2))
    left_BD, right_BD = (torch.cat([plain(part) for part in rows_BF.split(5)]) for rows_BF in (left_BF, right_BF))
    expected = contrastive_loss(left_BD, right_BD, torch.tensor(10.0))
    expected.backward()
    assert loss == pytest.approx(expected.item(), abs=1e-6)
    for gradient, weight in zip(gradients, plain.parameters(), strict=True):
        torch.testing.assert_close(gradient, weight.grad, atol=1e-6, rtol=1e-5)
    assert tower.norm.num_batches_tracked == plain.norm.num_batches_tracked == 4
    torch.testing.assert_close(tower.norm.running_mean, plain.norm.running_mean)
    torch.testing.assert_close(tower.norm.running_var, plain.norm.running_var)


def test_no_activation_is_kept_for_the_gradient():
    """Of 64 rows in chunks the inputs alone stay; all at once, the inputs and the hyperbolic tangents stay."""
    layer, row_BF = nn.Sequential(nn.Linear(10, 10), nn.Tanh()), torch.randn(64, 10)

    def rows_kept(size: int) -> int:
        kept: list[int] = []

        def note(tensor: torch.Tensor) -> torch.Tensor:
            if tensor.shape[1:] == (10,) and tensor is not layer[0].weight:
                kept.append(len(tensor))
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            chunked(layer, row_BF, size, layer)
        return sum(kept)

    assert (rows_kept(4), rows_kept(0)) == (64, 128)

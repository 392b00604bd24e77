"""Compositions: whose pixels stand where, and who may be a partner."""

import torch

from components.composition import NOBODY, compose, draw_partners, side_by_side


def test_each_half_is_the_middle_of_its_own_image():
    first = torch.arange(8.0).expand(1, 1, 2, 8)  # columns 0 … 7
    second = first + 10
    assert side_by_side(first, second)[0, 0, 0].tolist() == [2, 3, 4, 5, 12, 13, 14, 15]


def test_height_composes_rows_as_width_composes_columns():
    first, second = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    generator = torch.Generator().manual_seed(0)
    stacked = compose(first, second, "height", generator)
    assert torch.equal(stacked[..., :4, :], first[..., 2:6, :])
    assert torch.equal(stacked[..., 4:, :], second[..., 2:6, :])


def test_random_axis_uses_both():
    first, second = torch.zeros(64, 1, 8, 8), torch.ones(64, 1, 8, 8)
    made = compose(first, second, "random", torch.Generator().manual_seed(0))
    upright = (made[:, 0, -1, 0] == 1).sum().item()  # the lower left corner comes from the second image
    assert 20 < upright < 44


def test_a_partner_is_outside_the_batch_and_of_another_group():
    batch, pool = torch.arange(0, 50), torch.arange(0, 200)
    group = torch.arange(200) % 4
    partner = draw_partners(batch, pool, group, torch.Generator().manual_seed(0))
    found = partner != NOBODY
    assert found.float().mean() > 0.99  # one in four draws clashes, and there are eight
    assert not torch.isin(partner[found], batch).any()
    assert (group[partner[found]] != group[batch[found]]).all()


def test_partners_are_drawn_afresh_each_time():
    generator = torch.Generator().manual_seed(0)
    batch, pool = torch.arange(10), torch.arange(500)
    draws = [draw_partners(batch, pool, torch.arange(500), generator) for _ in range(2)]
    assert not torch.equal(*draws)


def test_nobody_is_left_when_the_pool_is_the_batch():
    batch = torch.arange(5)
    assert draw_partners(batch, batch, batch, torch.Generator()).tolist() == [NOBODY] * 5

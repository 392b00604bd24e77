"""Compositions: whose pixels stand where."""

import torch

from components.composition import compose, side_by_side


def test_each_half_is_the_middle_of_its_own_image():
    first = torch.arange(8.0).expand(1, 1, 2, 8)  # columns 0 … 7
    second = first + 10
    assert side_by_side(first, second)[0, 0, 0].tolist() == [2, 3, 4, 5, 12, 13, 14, 15]


def test_of_two_pixels_each_gives_one():
    first, second = torch.tensor([[[[1.0, 2.0]] * 2]]), torch.tensor([[[[3.0, 4.0]] * 2]])
    generator = torch.Generator().manual_seed(0)
    assert compose(first, second, "width", generator)[0, 0].tolist() == [[1, 3], [1, 3]]
    assert compose(first, second, "height", generator)[0, 0].tolist() == [[1, 2], [3, 4]]


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

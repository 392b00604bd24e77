"""Augmentation on batches: same shape, same range, and nothing at all where nothing is asked."""

import pytest
import torch

from components.augment import augment, chosen, luminance, outlines
from components.learning import Augmentation

NOTHING = Augmentation(least_scale=1, rotation_degrees=0, flip=False, colour=0, grey=0, negative=0, edges=0)
MUCH = Augmentation(least_scale=0.5, rotation_degrees=90, flip=True, colour=1, grey=0.5, negative=0.5, edges=0.5)


def images(count: int = 6) -> torch.Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(7))


def test_nothing_asked_is_nothing_done():
    torch.testing.assert_close(augment(images(), NOTHING, torch.Generator()), images(), atol=1e-5, rtol=0)


def test_much_asked_stays_in_range_and_shape():
    made = augment(images(64), MUCH, torch.Generator().manual_seed(1))
    assert made.shape == (64, 3, 16, 16)
    assert made.min() >= 0 and made.max() <= 1
    assert not torch.isclose(made, images(64)).all(dim=(1, 2, 3)).any()


def test_the_same_generator_draws_the_same_views():
    first, second = (augment(images(), MUCH, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"negative": 1.0}, lambda made, before: torch.allclose(made, 1 - before, atol=1e-5)),
        ({"grey": 1.0}, lambda made, before: torch.allclose(made, luminance(before).expand(-1, 3, -1, -1), atol=1e-5)),
        ({"edges": 1.0}, lambda made, before: torch.allclose(made, outlines(before), atol=1e-3)),
    ],
    ids=["negative", "grey", "edges"],
)
def test_each_change_alone(change, check):
    assert check(augment(images(), NOTHING.model_copy(update=change), torch.Generator()), images())


def test_outlines_are_dark_where_the_lightness_steps():
    step = torch.zeros(1, 3, 8, 8)
    step[..., 4:] = 1
    drawn = outlines(step)[0, 0]
    assert drawn[:, 3:5].max() == 0  # both sides of the step
    assert drawn[:, :2].min() == 1 and drawn[:, 6:].min() == 1


def test_a_share_is_met_on_average():
    assert chosen(10_000, 0.3, torch.Generator().manual_seed(0)).float().mean().item() == pytest.approx(0.3, abs=0.02)

"""Between base and student: the ends are themselves, the middle is the middle, and statistics are of the middle."""

import pandas as pd
import pytest
import torch

from components import clip as clips
from components.embedder import frozen_copy
from components.train.interpolate import SHARE, best_share, curve, interpolated, renew_statistics


@pytest.fixture(scope="module")
def ends():
    return [clips.scratch(embed_dim=32, image_px=64, seed=seed) for seed in (1, 2)]


def images():
    draw = torch.Generator().manual_seed(3)
    for _ in range(2):
        yield torch.rand(6, 3, 64, 64, generator=draw)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_are_the_models_themselves(ends, share):
    found = interpolated(*ends, share, images).model.state_dict()
    assert all(torch.equal(found[name], value) for name, value in ends[int(share)].model.state_dict().items())


def test_a_quarter_of_the_way(ends):
    base, student = (end.model.state_dict() for end in ends)
    found = interpolated(*ends, 0.25, images).model.state_dict()
    for name in ("token_embedding.weight", "visual.conv1.weight", "logit_scale", "visual.attnpool.q_proj.bias"):
        torch.testing.assert_close(found[name], 0.75 * base[name] + 0.25 * student[name])
    assert torch.equal(base["logit_scale"], ends[0].model.state_dict()["logit_scale"])


def test_statistics_are_the_mean_over_the_training_images(ends):
    """The first layer's input is the first convolution of the images, which is reckoned here by itself."""
    mixed = interpolated(*ends, 0.5, images)
    seen = torch.stack([mixed.model.visual.conv1(mixed.normalised(batch)).mean(dim=(0, 2, 3)) for batch in images()])
    torch.testing.assert_close(mixed.model.visual.bn1.running_mean, seen.mean(dim=0), rtol=1e-4, atol=1e-5)
    assert not mixed.model.training and not any(module.training for module in mixed.model.modules())
    assert mixed.model.visual.bn1.momentum == pytest.approx(0.1)


def test_renewing_twice_gives_the_same_bits(ends):
    first, second = (frozen_copy(ends[0]) for _ in range(2))
    for model in (first, second, second):
        renew_statistics(model, images)
    assert torch.equal(first.model.visual.bn3.running_var, second.model.visual.bn3.running_var)


def test_the_curve_has_each_share_once_in_order_and_a_tie_goes_to_the_base(ends):
    figures = {0.0: 0.5, 0.5: 0.8, 1.0: 0.8}
    table = curve(lambda share: share, [1.0, 0.0, 0.5, 0.5], figures.get, "agreement")
    assert table.to_dict("list") == {SHARE: [0.0, 0.5, 1.0], "agreement": [0.5, 0.8, 0.8]}
    assert best_share(table, "agreement") == 0.5
    assert best_share(pd.DataFrame({SHARE: [0.0, 1.0], "agreement": [0.1, 0.2]}), "agreement") == 1.0

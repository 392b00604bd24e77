"""Towers with gradients: the average is an average, the teacher is frozen."""

import numpy as np
import pytest
import torch

from components import clip as clips
from components.embedder import MovingAverage, frozen_copy, seeded


@pytest.fixture
def small():
    return clips.scratch(embed_dim=32, image_px=64, seed=1)


def test_the_average_moves_by_its_decay(small):
    average = MovingAverage(small, decay=0.75)
    average.update()  # the first update copies
    before = small.towers.logit_scale.detach().clone()
    with torch.no_grad():
        small.towers.logit_scale.add_(1.0)
    average.update()
    assert average.averaged().towers.logit_scale.item() == pytest.approx(before.item() + 0.25)
    assert np.isfinite(average.averaged().encode_texts(["a bolt"])).all()


def test_the_teacher_does_not_follow_the_student(small):
    teacher = frozen_copy(small)
    with torch.no_grad():
        small.towers.logit_scale.add_(1.0)
    assert teacher.towers.logit_scale.item() == pytest.approx(small.towers.logit_scale.item() - 1)
    assert not any(weight.requires_grad for weight in teacher.model.parameters())


def test_streams_of_one_seed_differ_and_repeat():
    first, second = (torch.rand(3, generator=generator) for generator in seeded(1, 0, 1))
    again = torch.rand(3, generator=next(seeded(1, 0)))
    assert torch.equal(first, again) and not torch.equal(first, second)

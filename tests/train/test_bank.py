"""The bank: first in, first out; whom a pair may not push away; and InfoNCE over it by loops."""

import math

import numpy as np
import pytest
import torch

from components import clip as clips
from components.infonce import pair_losses
from components.train.bank import NegativeBank, Queue, bank_contrast, like_captions


def entries(*numbers):
    """Pairs whose vectors and rows all say their number."""
    vectors = torch.tensor([[float(number)] * 2 for number in numbers])
    return vectors, -vectors, torch.tensor([[number, number] for number in numbers])


def held(queue):
    assert torch.equal(queue.image_KD[:, 0], queue.rows_K2[:, 0].float())
    assert torch.equal(queue.text_KD, -queue.image_KD)
    return sorted(queue.rows_K2[:, 0].tolist())


def test_the_oldest_leaves_first():
    queue = Queue(size=5, width=2)
    expected = [[1, 2], [1, 2, 3, 4], [2, 3, 4, 5, 6], [4, 5, 6, 7, 8]]
    for step, numbers in enumerate([(1, 2), (3, 4), (5, 6), (7, 8)]):
        queue.enter(*entries(*numbers))
        assert held(queue) == expected[step]


def test_of_a_batch_larger_than_the_queue_the_last_stay():
    queue = Queue(size=3, width=2)
    queue.enter(*entries(9))
    queue.enter(*entries(1, 2, 3, 4, 5))
    assert held(queue) == [3, 4, 5]
    queue.enter(*entries(6))
    assert held(queue) == [4, 5, 6]


def test_entries_carry_no_gradient_and_the_state_carries_on():
    queue, other = Queue(3, 2), Queue(3, 2)
    image, text, rows = entries(1, 2)
    queue.enter(image.requires_grad_(), text, rows)
    assert not queue.image_KD.requires_grad
    other.load_state_dict(queue.state_dict())
    for each in (queue, other):
        each.enter(*entries(3, 4))
    assert held(queue) == held(other) == [2, 3, 4]


def test_infonce_over_batch_and_bank_agrees_with_loops(unit_rows):
    image, text = (torch.from_numpy(unit_rows(3, 4, seed=seed)).double() for seed in (1, 2))
    queue = Queue(size=5, width=4)
    queue.enter(*(torch.from_numpy(unit_rows(5, 4, seed=seed)) for seed in (3, 4)), torch.zeros(5, 2))
    left_out = torch.zeros(3, 8, dtype=torch.bool)
    left_out[0, 2] = left_out[1, 4] = left_out[1, 7] = True
    found = pair_losses(bank_contrast(image, text, queue, left_out), 9.0)
    candidates = [torch.cat([own, kept.double()]).numpy() for own, kept in
                  ((text, queue.text_KD), (image, queue.image_KD))]  # fmt: skip
    expected = [
        np.mean([infonce_by_loops(anchor[i].numpy(), i, others, left_out[i].numpy(), 9.0)
                 for anchor, others in zip((image, text), candidates, strict=True)])
        for i in range(3)
    ]  # fmt: skip
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_like_captions_are_those_above_the_quantile():
    north, near, east = [0.0, 1.0], [math.sin(0.1), math.cos(0.1)], [1.0, 0.0]
    own, kept = torch.tensor([north, near, east]), torch.tensor([north, east])
    # the batch's own cosines: cos 0.1, 0 and sin 0.1, each twice; the median is sin 0.1
    found = like_captions(own, kept, quantile=0.5)
    assert found.int().tolist() == [
        [1, 1, 0, 1, 0],  # north: itself, near, and the bank's north
        [1, 1, 0, 1, 0],  # near: north, itself, and the bank's north; east is exactly the median
        [0, 0, 1, 0, 1],
    ]


def test_the_slow_copy_starts_as_the_student_and_follows_by_its_decay():
    student = clips.scratch(embed_dim=32, image_px=64, seed=1)
    bank = NegativeBank(student, size=4, momentum=0.75)
    bank.follow()  # the first time it becomes the student
    start = student.towers.logit_scale.item()
    with torch.no_grad():
        student.towers.logit_scale.add_(1.0)
    bank.follow()
    assert bank.state_dict()["slow"]["module.logit_scale"].item() == pytest.approx(start + 0.25)


def infonce_by_loops(anchor_D, own, candidate_MD, left_out_M, scale):
    logits = [scale * float(anchor_D @ candidate_MD[own])]
    others = [j for j in range(len(candidate_MD)) if j != own and not left_out_M[j]]
    logits += [scale * float(anchor_D @ candidate_MD[j]) for j in others]
    return -logits[0] + math.log(sum(math.exp(logit) for logit in logits))

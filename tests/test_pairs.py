"""Batches of pairs: every row once an epoch, and compositions that are what they say."""

import itertools

import numpy as np
import open_clip
import pytest
import torch

from components.learning import Augmentation
from components.order import RowOrder
from components.pairs import Composition, pair_batches
from components.tokens import token_table

STILL = Augmentation(least_scale=1, rotation_degrees=0, flip=False, colour=0, grey=0, negative=0, edges=0)


def batches(rate: float, rows: int = 40, size: int = 8):
    pixels = np.arange(rows, dtype=np.uint8)[:, None, None, None] * np.ones((1, 3, 8, 8), dtype=np.uint8)
    tokens = token_table(
        [f"part {row}" for row in range(rows)], ["en"] * rows, open_clip.SimpleTokenizer(context_length=16)
    )
    everyone = torch.arange(rows)
    order, drawing = torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    composition = Composition(rate, "width", everyone, everyone)
    return pair_batches(pixels, tokens, RowOrder(everyone, size, order), STILL, composition, drawing), tokens


def test_without_composition_pictures_and_captions_are_their_own():
    drawn, tokens = batches(rate=0.0)
    batch = next(drawn)
    assert not batch.composed_B.any()
    assert torch.equal(batch.token_BT, tokens.plain(batch.row_B))
    torch.testing.assert_close(batch.image_BCHW[:, 0, 0, 0] * 255, batch.row_B.float(), atol=1e-3, rtol=0)


def test_a_composition_joins_the_row_with_a_partner_in_picture_and_words():
    drawn, tokens = batches(rate=1.0)
    batch = next(drawn)
    assert batch.composed_B.all()
    left, right = (batch.image_BCHW[:, 0, 0, column] * 255 for column in (0, -1))
    torch.testing.assert_close(left, batch.row_B.float(), atol=1e-3, rtol=0)
    partner = right.round().long()
    assert not torch.isin(partner, batch.row_B).any()
    assert torch.equal(batch.token_BT, tokens.joined(batch.row_B, partner))


def test_the_rate_is_met_on_average():
    drawn, _ = batches(rate=0.3)
    composed = torch.cat([batch.composed_B for batch in itertools.islice(drawn, 200)])
    assert composed.float().mean().item() == pytest.approx(0.3, abs=0.03)


def test_equal_captions_in_a_batch_are_known():
    drawn, _ = batches(rate=0.0)
    batch = next(drawn)
    assert torch.equal(batch.same_caption(), torch.eye(8, dtype=torch.bool))


def test_a_row_that_is_left_out_is_never_a_partner():
    everyone = torch.arange(6)
    composition = Composition(1.0, "width", everyone, everyone).among(torch.tensor([0, 1, 2, 5]))
    assert composition.pool_M.tolist() == [0, 1, 2, 5] and composition.group_N.tolist() == everyone.tolist()

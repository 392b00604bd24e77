"""Batches of pairs: every row once an epoch, and each kind of composition is what it says."""

import itertools
from dataclasses import replace

import numpy as np
import open_clip
import pytest
import torch

from components.composition import Kind
from components.learning import Augmentation
from components.meetings import Composition, anyone
from components.order import RowOrder
from components.pairs import Batch, pair_batches
from components.tokens import token_table

STILL = Augmentation(least_scale=1, rotation_degrees=0, flip=False, colour=0, grey=0, negative=0, edges=0)


def batches(rate: float, rows: int = 40, size: int = 8):
    return drawn_from(anyone(rate, "width", rows), [f"part {row}" for row in range(rows)], size)


def drawn_from(composition: Composition, captions: list[str], size: int, side: int = 8):
    """Batches whose row r has pixels of the value r alone, and the captions as tokens."""
    rows = len(captions)
    pixels = np.arange(rows, dtype=np.uint8)[:, None, None, None] * np.ones((1, 3, side, side), dtype=np.uint8)
    tokens = token_table(captions, ["en"] * rows, open_clip.SimpleTokenizer(context_length=16))
    order, drawing = torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    return pair_batches(pixels, tokens, RowOrder(torch.arange(rows), size, order), STILL, composition, drawing), tokens


def of_kind(kind: Kind) -> tuple[Batch, list[list[int]], list[str]]:
    """A batch of rows in 2 x 2 pixels, all composed under `kind`: its two upper pixels, and its captions in words."""
    caption = torch.arange(20) // 2
    fixed = (torch.arange(20) + 10) % 20
    table = torch.zeros(20, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool)
    composition = Composition(1.0, "width", torch.arange(20), *table, None, kind, fixed, caption)
    drawn, _ = drawn_from(composition, [said(row) for row in range(20)], size=4, side=2)
    batch = next(drawn)
    pixels = (batch.image_BCHW[:, 0, 0] * 255).round().long().tolist()
    tokenizer = open_clip.SimpleTokenizer(context_length=16)
    captions = [tokenizer.decode(row[1 : int(row.argmax())].tolist()).strip() for row in batch.token_BT]
    return batch, pixels, captions


def said(row: int) -> str:
    """The caption of a row in `of_kind`: two rows say the same."""
    return ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][row // 2]


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


def test_of_composed_captions_only_the_very_same_are_the_same():
    batch, _, captions = of_kind("cutmix_one_caption")
    rows = [*batch.token_BT, *batch.token_BT.flip(0)]
    twice = replace(batch, token_BT=torch.stack(rows))
    words = [*captions, *reversed(captions)]
    assert twice.same_caption().tolist() == [[one == other for other in words] for one in words]


def test_a_row_that_is_left_out_is_never_a_partner():
    everyone = torch.arange(6)
    composition = Composition(1.0, "width", everyone, everyone).among(torch.tensor([0, 1, 2, 5]))
    assert composition.pool_M.tolist() == [0, 1, 2, 5] and composition.group_N.tolist() == everyone.tolist()


def test_clip_c_shows_a_half_of_each_and_says_both():
    batch, pixels, captions = of_kind("clip_c")
    assert batch.composed_B.all()
    for row, (left, right), caption in zip(batch.row_B.tolist(), pixels, captions, strict=True):
        assert left == row and right not in batch.row_B
        assert caption == f"{said(left)} and {said(right)}"


def test_cutmix_with_one_caption_shows_a_half_of_each_and_says_the_first():
    batch, pixels, captions = of_kind("cutmix_one_caption")
    assert batch.composed_B.all()
    for row, (left, right), caption in zip(batch.row_B.tolist(), pixels, captions, strict=True):
        assert left == row and right not in batch.row_B
        assert caption == said(left)


def test_caption_fusion_shows_the_first_and_says_both():
    batch, pixels, captions = of_kind("caption_fusion")
    assert batch.composed_B.all()
    for row, (left, right), caption in zip(batch.row_B.tolist(), pixels, captions, strict=True):
        assert left == right == row
        assert caption.startswith(f"{said(row)} and ")
    assert len({caption.split(" and ")[1] for caption in captions}) > 1


def test_fixed_partners_always_show_and_say_the_same_two():
    batch, pixels, captions = of_kind("fixed_partners")
    for row, (left, right), caption, composed in zip(
        batch.row_B.tolist(), pixels, captions, batch.composed_B.tolist(), strict=True
    ):
        partner = (row + 10) % 20
        assert composed == (partner not in batch.row_B)  # beside its partner a row stays alone
        assert (left, right) == (row, partner if composed else row)
        assert caption == (f"{said(row)} and {said(partner)}" if composed else said(row))


def test_a_mismatched_second_caption_is_a_third_ones():
    batch, pixels, captions = of_kind("mismatched_second_caption")
    assert batch.composed_B.all()
    for row, (left, right), caption in zip(batch.row_B.tolist(), pixels, captions, strict=True):
        first, second = caption.split(" and ")
        assert left == row and right not in batch.row_B
        assert first == said(row)
        assert second != said(right)
        in_batch = [said(each) for each in batch.row_B.tolist()]
        assert in_batch.count(second) < 2  # of the two rows that say so, one at least is outside the batch

"""Meetings: how often, who, and what the plan's defaults mean."""

import pytest
import torch

from components.meetings import Composition, anyone, draw_meetings


def test_the_rate_decides_how_many_meet():
    composition, generator = anyone(0.3, "width", 1000), torch.Generator().manual_seed(0)
    counts = [len(draw_meetings(composition, torch.arange(100), generator).place_W) for _ in range(100)]
    assert sum(counts) / 10_000 == pytest.approx(0.3, abs=0.015)
    assert not len(draw_meetings(anyone(0.0, "width", 1000), torch.arange(100), generator).place_W)


def test_places_rows_and_partners_belong_together():
    row_B = torch.tensor([7, 3, 5])
    met = draw_meetings(anyone(1.0, "width", 40), row_B, torch.Generator().manual_seed(0))
    assert met.place_W.tolist() == [0, 1, 2]
    assert torch.equal(met.first_W, row_B[met.place_W])
    assert torch.equal(met.speaker_W, met.partner_W)
    assert not torch.isin(met.partner_W, row_B).any()


def test_without_a_table_any_two_different_groups_meet():
    group = torch.arange(30) % 3
    composition = Composition(1.0, "width", torch.arange(30), group)
    met = draw_meetings(composition, torch.arange(10), torch.Generator().manual_seed(0))
    assert len(met.first_W) == 10
    assert (group[met.first_W] != group[met.partner_W]).all()


def test_one_draw_from_one_seed():
    composition = anyone(0.5, "width", 100)
    first, again = (
        draw_meetings(composition, torch.arange(20), torch.Generator().manual_seed(4)).partner_W for _ in range(2)
    )
    assert torch.equal(first, again)

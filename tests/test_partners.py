"""Partners: only those that the rules let meet, each as likely as the next, the same from the same seed."""

import pytest
import torch

from components.partners import NOBODY, CaptionSimilarity, Partners

NO_BATCH = torch.empty(0, dtype=torch.long)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rows(count: int) -> torch.Tensor:
    return torch.arange(count)


def test_a_partner_is_outside_the_batch_and_of_a_group_that_may_meet():
    batch, group = rows(50), rows(200) % 4
    meets = torch.tensor([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]], dtype=torch.bool)
    partner = Partners(rows(200), group, meets).draw(batch, batch, seeded())
    found = partner != NOBODY
    assert (found == (group[batch] != 3)).all()  # the last group may meet nobody
    assert not torch.isin(partner[found], batch).any()
    assert meets[group[batch[found]], group[partner[found]]].all()


def test_every_partner_is_as_likely_as_the_next():
    group, meets = torch.tensor([0, 1, 1, 1, 2, 2]), torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=torch.bool)
    partners = Partners(rows(6), group, meets)
    drawn = partners.draw(torch.zeros(30_000, dtype=torch.long), NO_BATCH, seeded())
    counts = torch.bincount(drawn, minlength=6)
    assert counts[[0, 4, 5]].tolist() == [0, 0, 0]
    assert counts[1:4] / 30_000 == pytest.approx([1 / 3] * 3, abs=0.01)


def test_the_one_partner_in_ten_thousand_is_found():
    """Drawing from everyone and looking whether it fits would miss it in 16 tries out of 10,000."""
    group = torch.ones(10_000, dtype=torch.long)
    group[0], group[-1] = 0, 2
    meets = torch.tensor([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=torch.bool)
    partners = Partners(rows(10_000), group, meets)
    assert partners.draw(torch.tensor([0, 9_999]), torch.tensor([0, 1]), seeded()).tolist() == [9_999, NOBODY]


def test_nobody_meets_itself():
    alike = torch.zeros(2, dtype=torch.long)
    partner = Partners(rows(2), alike, torch.ones(1, 1, dtype=torch.bool)).draw(rows(2).repeat(20), NO_BATCH, seeded())
    assert partner.tolist() == [1, 0] * 20


def test_one_who_may_not_compose_neither_looks_nor_is_found():
    pool = torch.tensor([1, 2, 3])
    partners = Partners(pool, torch.zeros(5, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool))
    partner = partners.draw(rows(5).repeat(50), NO_BATCH, seeded()).view(50, 5)
    assert (partner[:, [0, 4]] == NOBODY).all()
    assert set(partner[:, 1:4].flatten().tolist()) == {1, 2, 3}


def test_nobody_is_left_when_the_pool_is_the_batch_or_empty():
    meets = torch.ones(1, 1, dtype=torch.bool)
    for pool in (rows(5), NO_BATCH):
        partners = Partners(pool, torch.zeros(5, dtype=torch.long), meets)
        assert partners.draw(rows(5), rows(5), seeded()).tolist() == [NOBODY] * 5


def test_partners_are_drawn_afresh_and_again_from_the_same_seed():
    partners = Partners(rows(500), torch.zeros(500, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool))
    generator, batch = seeded(), rows(10)
    first, second = (partners.draw(batch, batch, generator) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(first, partners.draw(batch, batch, seeded()))


def test_the_generator_moves_by_the_same_whatever_is_refused():
    free, strict = (Partners(rows(40), rows(40) // 39, meets) for meets in (torch.ones(2, 2) > 0, torch.eye(2) > 0))
    after = []
    for partners in (free, strict):
        generator = seeded()
        partners.draw(rows(10), rows(10), generator)
        after.append(torch.rand(1, generator=generator).item())
    assert after[0] == after[1]


def test_captions_too_near_or_too_far_never_meet():
    text = torch.tensor([[1, 0], [1, 0], [0, 1], [-1, 0]]).half()
    similarity = CaptionSimilarity(text, least=-0.5, most=0.5)
    partners = Partners(rows(4), torch.zeros(4, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool), similarity)
    partner = partners.draw(torch.tensor([0, 1, 3]).repeat(30), NO_BATCH, seeded())
    found = partner != NOBODY  # three of four draws are refused, and there are sixteen: 0.75 ** 16 is 1 %
    assert found.float().mean() > 0.95
    assert (partner[found] == 2).all()  # cosines with 0: 1 (too near), 0, -1 (too far)


def test_a_limit_at_the_end_of_the_range_refuses_nothing():
    rounded = torch.tensor([1.0004, -1.0004])  # what float16 makes of 1 and -1
    assert CaptionSimilarity(torch.empty(0), -1, 1).within(rounded).all()
    assert CaptionSimilarity(torch.empty(0), -1, 0.9).within(rounded).tolist() == [False, True]
    assert CaptionSimilarity(torch.empty(0), -0.9, 1).within(rounded).tolist() == [True, False]


def test_another_speaker_says_something_else_than_the_partner():
    caption = torch.tensor([0, 1, 1, 2])
    partners = Partners(rows(4), torch.zeros(4, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool))
    first, partner = torch.tensor([0, 0, 0]).repeat(30), torch.tensor([1, 2, NOBODY]).repeat(30)
    speaker = partners.draw_other(first, NO_BATCH, partner, caption, seeded())
    found = speaker != NOBODY
    assert not found[partner == NOBODY].any()
    assert found[partner != NOBODY].float().mean() > 0.95
    assert (speaker[found] == 3).all()


def test_more_groups_than_a_table_can_hold():
    with pytest.raises(ValueError, match=r"tell 4,097 groups of images apart, and at most 4,096 can be kept\. Loosen"):
        Partners(rows(2), rows(2), torch.ones(1, 1, dtype=torch.bool).expand(4097, 4097))

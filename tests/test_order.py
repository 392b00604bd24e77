"""The order of rows: every row once an epoch, and the same order again from a kept state."""

import itertools

import pytest
import torch

from components.order import RowOrder


def order(rows: int = 10, batch: int = 5) -> RowOrder:
    return RowOrder(torch.arange(rows), batch, torch.Generator().manual_seed(0))


def taken(drawn: RowOrder, count: int) -> list[list[int]]:
    return [batch.tolist() for batch in itertools.islice(drawn, count)]


def test_an_epoch_shows_every_row_once_and_the_next_in_another_order():
    drawn = order()
    first, second = ([row for batch in taken(drawn, 2) for row in batch] for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_only_the_given_rows_are_shown_and_no_batch_is_short():
    drawn = RowOrder(torch.tensor([3, 7, 8, 20, 21]), 2, torch.Generator().manual_seed(0))
    batches = taken(drawn, 20)
    assert {row for batch in batches for row in batch} == {3, 7, 8, 20, 21}
    assert {len(batch) for batch in batches} == {2}


def test_a_batch_never_asks_for_more_rows_than_there_are():
    assert len(next(order(rows=3, batch=128))) == 3
    with pytest.raises(ValueError, match="There are 1 pairs to learn from, and contrast needs at least 2"):
        order(rows=1)


@pytest.mark.parametrize("before", [0, 1, 3, 4, 7], ids=["at the start", "mid", "end of epoch", "behind it", "later"])
def test_a_kept_order_goes_on_as_if_nothing_had_happened(before):
    undisturbed = taken(order(rows=13, batch=4), before + 9)  # three batches an epoch
    drawn = order(rows=13, batch=4)
    taken(drawn, before)
    state = drawn.state_dict()
    taken(drawn, 5)  # lost with the process
    again = RowOrder(torch.arange(13), 4, torch.Generator().manual_seed(99))
    again.load_state_dict(state)
    assert taken(again, 9) == undisturbed[before:]

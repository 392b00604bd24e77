"""Several processes: same answers, same order, few items in flight."""

import math

import pytest

from components.collect.parallel import IN_FLIGHT_PER_WORKER, in_order


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_the_order_of_the_items(workers):
    assert list(in_order(math.factorial, range(30), workers=workers)) == [math.factorial(n) for n in range(30)]


def test_no_more_items_are_taken_than_are_in_flight():
    taken = []
    answers = in_order(math.sqrt, (taken.append(n) or n for n in range(1000)), workers=2)
    next(answers)
    assert len(taken) <= 2 * IN_FLIGHT_PER_WORKER
    answers.close()

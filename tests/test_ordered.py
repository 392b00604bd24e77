"""Work side by side: in order, with errors passed on, and the threads as they were."""

import threading

import pytest
import torch

from components.ordered import in_order


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_answers_come_in_the_order_of_the_blocks_whoever_is_first(two_threads):
    second_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_is_done.wait(10), "the second block never ran beside the first"
        if number == 1:
            second_is_done.set()
        return 10 * number

    assert list(in_order(work, range(5))) == [0, 10, 20, 30, 40]


def test_each_worker_computes_with_one_thread_and_the_caller_keeps_its_own(two_threads):
    assert list(in_order(lambda _: torch.get_num_threads(), range(4))) == [1, 1, 1, 1]
    assert torch.get_num_threads() == 2


def test_few_blocks_are_read_ahead(two_threads):
    read: list[int] = []
    answers = in_order(lambda number: number, (read.append(number) or number for number in range(100)))
    next(answers)
    assert len(read) <= 3
    answers.close()


def test_an_error_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda number: 1 // number, (1, 0)))

"""A function over many items in several processes: answers in the items' order, few items in flight."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
IN_FLIGHT_PER_WORKER = 4


def in_order(function: Callable[[Item], Answer], items: Iterable[Item], *, workers: int) -> Iterator[Answer]:
    """`map(function, items)` by `workers` processes (none is started for one); `function` must be importable."""
    if workers == 1:
        yield from map(function, items)
        return
    waiting: deque[Future[Answer]] = deque()
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))  # fork and threads (faiss, arrow) may deadlock
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= workers * IN_FLIGHT_PER_WORKER:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)

"""Blocks of work for a model on several threads side by side, the answers in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Block = TypeVar("Block")
Answer = TypeVar("Answer")


def in_order(work: Callable[[Block], Answer], blocks: Iterable[Block]) -> Iterator[Answer]:
    """`work(block)` for each block, in the blocks' order; few blocks are read ahead.

    There are as many workers as PyTorch has threads here, and each computes with one of them: two blocks side by side
    keep two cores busier than one block on both, decoding included (benchmarks/data_path.py), and the answers do not
    depend on the number of threads.
    """
    threads = torch.get_num_threads()
    under_way: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            for block in blocks:
                under_way.append(pool.submit(work, block))
                if len(under_way) > threads:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
            torch.set_num_threads(threads)  # a worker's setting reaches MKL as a whole

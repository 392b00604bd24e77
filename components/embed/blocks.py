"""Vectors written block by block into one `.npy` file, never all in memory."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from components.outputs import reserve


def write_vectors(blocks: Iterable[np.ndarray], rows: int, width: int, file: Path) -> None:
    """Write blocks of float32 [*, width] as one float32 array [rows, width].

    Raises:
        AssertionError: the blocks hold another number of rows than was announced.
    """
    if not rows:
        np.save(file, np.empty((0, width), dtype=np.float32))
        return
    table = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(rows, width))
    with file.open("r+b") as opened:
        reserve(opened, file.stat().st_size)
    begin = 0
    for block in blocks:
        table[begin : begin + len(block)] = block
        begin += len(block)
    assert begin == rows, f"{begin} vectors for {rows} rows of {file.name}"
    table.flush()

"""Vectors in a `.npy` file, read block by block, never all in memory.

Shape legend: N = rows, D = width.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.vector_index import file_facts

BLOCK_BYTES = 32 * 2**20
TAKE_BYTES = 2**20
"""Scattered rows read from one mapping: around each of them the system may map 64 KB of the file."""
ROWS_SHOWN = 5


@dataclass(frozen=True)
class Vectors:
    """A checked file of float32 vectors [N, D]; each read maps it anew, so that pages already read can go."""

    file: Path
    rows: int
    width: int
    sha256: str

    def blocks(self, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """First row and copy of each block of rows from `begin` to `end`."""
        end = self.rows if end is None else end
        size = max(1, BLOCK_BYTES // (4 * self.width))
        for first in range(begin, end, size):
            yield first, np.array(_mapped(self.file)[first : min(end, first + size)])

    def take(self, rows_N: np.ndarray) -> np.ndarray:
        """A copy of these rows, in this order."""
        taken_ND = np.empty((len(rows_N), self.width), dtype=np.float32)
        size = max(1, TAKE_BYTES // (4 * self.width))
        for first in range(0, len(rows_N), size):
            some = slice(first, first + size)
            taken_ND[some] = _mapped(self.file)[rows_N[some]]
        return taken_ND

    def blocks_of(self, rows_N: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """First place in `rows_N` and copy of each block of these rows."""
        size = max(1, BLOCK_BYTES // (4 * self.width))
        for first in range(0, len(rows_N), size):
            yield first, self.take(rows_N[first : first + size])


def open_vectors(file: Path) -> Vectors:
    """The vectors of `file`, read through once for faults and for the checksum.

    Raises:
        ValueError: the file is damaged, holds no float32 table, or has rows that are NaN or zero.
    """
    table_ND = _mapped(file)
    if table_ND.ndim != 2 or table_ND.dtype != np.float32:
        raise ValueError(
            f"{file} holds {table_ND.dtype} of shape {list(table_ND.shape)}, not float32 [rows, width]. "
            "Run `dvc repro embed`."
        )
    if not table_ND.size:
        raise ValueError(f"{file} holds no vectors. Widen collect.corpus, or loosen the rules of `validate`.")
    vectors = Vectors(file, table_ND.shape[0], table_ND.shape[1], file_facts(file)["sha256"])
    faulty: dict[str, list[int]] = {"not a number": [], "zero": []}
    for first, block_ND in vectors.blocks():
        faulty["not a number"] += (first + np.flatnonzero(~np.isfinite(block_ND).all(axis=1))).tolist()
        faulty["zero"] += (first + np.flatnonzero(~block_ND.any(axis=1))).tolist()
    for fault, rows in faulty.items():
        if rows:
            shown = ", ".join(map(str, rows[:ROWS_SHOWN])) + (", …" if len(rows) > ROWS_SHOWN else "")
            raise ValueError(f"{file}: {len(rows)} of {vectors.rows} vectors are {fault}: rows {shown}. {EMBED_AGAIN}")
    return vectors


EMBED_AGAIN = "See to these records or to the model, then run `dvc repro embed`."


def open_pair(image_file: Path, text_file: Path) -> dict[str, Vectors]:
    """The image and the text vectors of the same records.

    Raises:
        ValueError: one of them is faulty, or their rows or widths differ.
    """
    opened = {"image": open_vectors(image_file), "text": open_vectors(text_file)}
    for fact in ("width", "rows"):
        image, text = (getattr(each, fact) for each in opened.values())
        if image != text:
            raise ValueError(
                f"{image_file} and {text_file} differ in {fact}: {image} and {text}. Both must come from one run of "
                "`dvc repro embed`."
            )
    return opened


def _mapped(file: Path) -> np.ndarray:
    try:
        return np.load(file, mmap_mode="r")
    except (ValueError, EOFError):
        raise ValueError(f"{file} is damaged or half-written. Run `dvc repro embed`.") from None

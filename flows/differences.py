"""How two files with other bytes differ: figure by figure, cell by cell, number by number, or at the first byte."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

CHUNK_BYTES = 1 << 20


def describe(name: str, then: Path, now: Path) -> str:
    """In one sentence, how `now` differs from `then`; `name`'s ending says what kind of file both are."""
    look = READERS.get(Path(name).suffix)
    if look is not None:
        with suppress(ValueError, KeyError, TypeError, OSError, UnicodeDecodeError):  # not what its ending says
            if said := look(then, now):
                return f"{said}; {_bytes(then, now)}"
    return _bytes(then, now)


def flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested mappings and lists, each with its dotted name."""
    inner = values.items() if isinstance(values, Mapping) else enumerate(values) if isinstance(values, list) else None
    if inner is None:
        yield prefix, values
        return
    for key, value in inner:
        yield from flat(value, f"{prefix}.{key}" if prefix else str(key))


def _bytes(then: Path, now: Path) -> str:
    sizes = then.stat().st_size, now.stat().st_size
    place = _first_byte_apart(then, now)
    size = f"{sizes[0]:,} bytes then and now" if sizes[0] == sizes[1] else f"{sizes[0]:,} bytes then, {sizes[1]:,} now"
    return f"{size}, the same bytes" if place is None else f"{size}, the first other byte at offset {place:,}"


def _first_byte_apart(then: Path, now: Path) -> int | None:
    offset = 0
    with then.open("rb") as left, now.open("rb") as right:
        while True:
            ours, theirs = left.read(CHUNK_BYTES), right.read(CHUNK_BYTES)
            if ours != theirs:
                shared = min(len(ours), len(theirs))
                unequal = np.flatnonzero(
                    np.frombuffer(ours[:shared], np.uint8) != np.frombuffer(theirs[:shared], np.uint8)
                )
                return offset + (int(unequal[0]) if unequal.size else shared)
            if not ours:
                return None
            offset += len(ours)


def _json(then: Path, now: Path) -> str:
    ours, theirs = (dict(flat(json.loads(file.read_text(encoding="utf-8")))) for file in (then, now))
    apart = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    if not apart:
        return ""
    first = f"{apart[0]}: {ours.get(apart[0])} then, {theirs.get(apart[0])} now"
    return f"{len(apart)} of {len(ours | theirs)} values differ, the first {first}"


def _table(read: Callable[[Path], Any]) -> Callable[[Path, Path], str]:
    def look(then: Path, now: Path) -> str:
        ours, theirs = read(then), read(now)
        if list(ours.columns) != list(theirs.columns):
            return f"columns {', '.join(map(str, ours.columns))} then, {', '.join(map(str, theirs.columns))} now"
        words = [] if len(ours) == len(theirs) else [f"{len(ours):,} rows then, {len(theirs):,} now"]
        rows = min(len(ours), len(theirs))
        cells = _cells_apart(ours.head(rows), theirs.head(rows))
        if cells.any():
            row = int(np.flatnonzero(cells.any(axis=1))[0])
            column = int(np.flatnonzero(cells[row])[0])
            words.append(
                f"{int(cells.sum()):,} of {cells.size:,} cells differ, the first in row {row:,}, column "
                f"{ours.columns[column]}: {ours.iat[row, column]} then, {theirs.iat[row, column]} now"
            )
            words += _largest_of_columns(ours.head(rows), theirs.head(rows))
        return "; ".join(words)

    return look


def _cells_apart(ours: Any, theirs: Any) -> np.ndarray:
    """Which cells differ, [rows, columns]; two missing values are the same."""
    columns = [
        np.array([not _same(left, right) for left, right in zip(ours.iloc[:, at], theirs.iloc[:, at], strict=True)])
        for at in range(ours.shape[1])
    ]
    return np.stack(columns, axis=1) if columns else np.zeros((0, 0), bool)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return np.array_equal(left, right)
    return bool(left == right) or (left != left and right != right) or (left is None and right is None)


def _largest_of_columns(ours: Any, theirs: Any) -> list[str]:
    numeric = [name for name in ours.columns if all(_numeric(table[name]) for table in (ours, theirs))]
    largest = {name: _largest(ours[name].to_numpy(float), theirs[name].to_numpy(float)) for name in numeric}
    moved = {name: value for name, value in largest.items() if value > 0}
    if not moved:
        return []
    name = max(moved, key=lambda column: moved[column])
    return [f"the largest difference of a number is {moved[name]:.6g}, in column {name}"]


def _numeric(column: Any) -> bool:
    return column.dtype.kind in "iuf"


def _largest(then: np.ndarray, now: np.ndarray) -> float:
    apart = np.abs(then.astype(np.float64) - now.astype(np.float64))
    return float(np.nanmax(apart)) if apart.size and not np.isnan(apart).all() else 0.0


def _numbers(then: np.ndarray, now: np.ndarray, of: str = "") -> str:
    if then.shape != now.shape or then.dtype != now.dtype:
        return f"{of}{then.dtype} {list(then.shape)} then, {now.dtype} {list(now.shape)} now"
    unequal = np.argwhere(then != now)
    if not len(unequal):
        return ""
    first = tuple(int(index) for index in unequal[0])
    return (
        f"{len(unequal):,} of {then.size:,} numbers{f' of {of}' if of else ''} differ, the first at {list(first)}: "
        f"{then[first]} then, {now[first]} now; the largest difference is {_largest(then, now):.6g}"
    )


def _npy(then: Path, now: Path) -> str:
    return _numbers(*(np.load(file, mmap_mode="r", allow_pickle=False) for file in (then, now)))


def _safetensors(then: Path, now: Path) -> str:
    from safetensors.numpy import load_file

    ours, theirs = load_file(then), load_file(now)
    if ours.keys() != theirs.keys():
        return (
            f"{len(ours)} tensors then, {len(theirs)} now; only once: {', '.join(sorted(ours.keys() ^ theirs.keys()))}"
        )
    told = [said for name in ours if (said := _numbers(ours[name], theirs[name], of=name))]
    return f"{len(told)} of {len(ours)} tensors differ; {told[0]}" if told else ""


def _read_csv(file: Path) -> Any:
    import pandas as pd

    return pd.read_csv(file)


def _read_parquet(file: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(file)


READERS: dict[str, Callable[[Path, Path], str]] = {
    ".json": _json,
    ".csv": _table(_read_csv),
    ".parquet": _table(_read_parquet),
    ".npy": _npy,
    ".safetensors": _safetensors,
}

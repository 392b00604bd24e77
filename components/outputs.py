"""Outputs that appear whole or not at all, and are byte-identical when made again."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pandas as pd

DECIMALS = 6
"""Digits kept after the point in every metric: enough to compare, few enough to survive a different adder."""


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside `out` that becomes `out` by rename if the block ends well, and vanishes if not.

    Until then an earlier `out` stays as it was, whatever ends the block.
    """
    draft, earlier = out.with_name(f".{out.name}.draft"), out.with_name(f".{out.name}.earlier")
    _settle(out, draft, earlier)  # what a killed run may have left
    draft.mkdir(parents=True)
    try:
        yield draft
        if out.exists():
            out.rename(earlier)
        draft.rename(out)
    finally:
        _settle(out, draft, earlier)


def _settle(out: Path, draft: Path, earlier: Path) -> None:
    """Leave `out` alone in its folder: the new one if its rename was reached, else the earlier one."""
    if earlier.exists() and not out.exists():
        earlier.rename(out)
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(earlier, ignore_errors=True)


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Yield a path beside `out` whose file becomes `out` by rename if the block ends well, and vanishes if not."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    try:
        yield draft
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def write_json(values: Mapping[str, Any], file: Path) -> None:
    """Write a mapping as readable UTF-8 JSON, key order kept, floats rounded to `DECIMALS`, NaN refused."""
    with whole_file(file) as draft:
        text = json.dumps(_rounded(values), ensure_ascii=False, indent=2, allow_nan=False)
        draft.write_text(text + "\n", encoding="utf-8")


def read_json(file: Path) -> Any:
    """The values of a JSON file that an earlier stage wrote."""
    return json.loads(file.read_text(encoding="utf-8"))


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table as parquet, without its index."""
    with whole_file(file) as draft:
        table.reset_index(drop=True).to_parquet(draft, index=False)


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if hasattr(value, "tolist"):  # NumPy and torch scalars and arrays
        return _rounded(value.tolist())
    return round(float(value), DECIMALS)


def reserve(file: IO[bytes], size: int) -> None:
    """Take `size` bytes of disk now, so that a full disk is an error here and no dead process later.

    Raises:
        OSError: the disk is full.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, max(1, size))
    else:
        file.truncate(max(1, size))

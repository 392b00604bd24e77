"""Figures that earlier stages wrote, read by name and checked as they are read."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd


class FiguresError(ValueError):
    """An earlier stage's result that cannot be used; the message names the file, the key and the mend."""


class Figures:
    """The nested JSON that stage `stage` wrote to `file`; a value is reached by its keys, outermost first."""

    def __init__(self, file: Path, stage: str):
        self.file, self.stage = file, stage
        try:
            self.values = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FiguresError(f"{file} is not valid JSON: {error}. {self._mend}") from None
        if not isinstance(self.values, Mapping):
            raise FiguresError(f"{file} must hold a mapping, not {type(self.values).__name__}. {self._mend}")

    def number(self, *keys: str) -> float:
        """A finite number, such as `number("base", "mean_accuracy")`.

        Raises:
            FiguresError: a key is missing, or the value is no finite number.
        """
        value = self._value(keys)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise FiguresError(f"{self.file}: `{'.'.join(keys)}` is {value!r}, not a finite number. {self._mend}")
        return value

    def mapping(self, *keys: str) -> Mapping[str, Any]:
        """The mapping under some keys.

        Raises:
            FiguresError: a key is missing, or the value is no mapping.
        """
        value = self._value(keys)
        if not isinstance(value, Mapping):
            raise FiguresError(f"{self.file}: `{'.'.join(keys)}` is {value!r}, not a mapping. {self._mend}")
        return value

    def flat(self) -> dict[str, Any]:
        """Every value by its keys joined with dots, in the file's order."""
        return dict(_leaves(self.values))

    def _value(self, keys: Sequence[str]) -> Any:
        value: Any = self.values
        for depth, key in enumerate(keys):
            if not isinstance(value, Mapping) or key not in value:
                raise FiguresError(f"{self.file}: `{'.'.join(keys[: depth + 1])}` is missing. {self._mend}")
            value = value[key]
        return value

    @property
    def _mend(self) -> str:
        return f"Run `dvc repro --force {self.stage}`, which writes it."


def read_columns(file: Path, columns: list[str], stage: str) -> pd.DataFrame:
    """These columns of the parquet table that stage `stage` wrote.

    Raises:
        FiguresError: the table lacks a column, or has no rows.
    """
    table = pd.read_parquet(file)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FiguresError(
            f"{file}: column `{missing[0]}` is missing. Run `dvc repro --force {stage}`, which writes it."
        )
    if table.empty:
        raise FiguresError(f"{file} has no rows. Run `dvc repro {stage}` and mend what it says.")
    return table[columns]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{key}.{place}")
    else:
        yield key, value


def read_png(file: Path, stage: str) -> bytes:
    """The bytes of the picture that stage `stage` wrote.

    Raises:
        FiguresError: the file is no PNG.
    """
    png = file.read_bytes()
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise FiguresError(f"{file} is not a PNG. Run `dvc repro --force {stage}`, which writes it.")
    return png

"""What a finished run left in its folder, as people compare it: settings, figures and curves, flat and named."""

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components.outputs import read_json
from components.params import read_yaml

CURVE_POINTS = 250
CURVE = "curve/"
"""What the name of every curve begins with."""


def settings(root: Path) -> dict[str, str]:
    """Every setting of params.yaml by its dotted name, `train.optimiser.steps`, each value as text."""
    return dict(_flat_settings(read_yaml(root / "params.yaml")))


def stage_settings(settings: Mapping[str, str], stage: str) -> dict[str, str]:
    """Those of one stage, named within it: `optimiser.steps`."""
    own = f"{stage}."
    return {name.removeprefix(own): value for name, value in settings.items() if name.startswith(own)}


def headline_figures(root: Path) -> dict[str, float]:
    """The run's figures: `roi/01_…` in the report's order, then student, base and gain, and each unseen domain."""
    figures: dict[str, float] = {}
    for place, (key, value) in enumerate(_metrics(root, "report").items(), start=1):
        for name, figure in _flat_figures({key: value}, separator="_"):  # none for what has no value, such as payback
            figures[f"roi/{place:02d}_{name}"] = figure
    return figures | stage_figures(root, "evaluate")


def stage_figures(root: Path, stage: str) -> dict[str, float]:
    """The finite numbers of `data/metrics/<stage>.json`, nested names joined by `/`; none if it has not run."""
    return dict(_flat_figures(_metrics(root, stage)))


def curve(file: Path) -> Iterator[tuple[str, float, int]]:
    """Points (term, value, step) of a training curve, thinned evenly to CURVE_POINTS steps, the last one kept."""
    if not file.is_file():
        return
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    stride = math.ceil(len(rows) / CURVE_POINTS) or 1
    for row in [*rows[:-1:stride], *rows[-1:]]:
        for term, text in row.items():
            if term != "step" and text and math.isfinite(float(text)):
                yield f"{CURVE}{term}", float(text), int(float(row["step"]))


def _metrics(root: Path, stage: str) -> Mapping[str, Any]:
    file = root / "data" / "metrics" / f"{stage}.json"
    values: Mapping[str, Any] = read_json(file) if file.is_file() else {}
    return values


def _flat_figures(values: Mapping[str, Any], prefix: str = "", separator: str = "/") -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        name = f"{prefix}{re.sub(r'[^/0-9A-Za-z_. :-]', '_', str(key))}"
        if isinstance(value, Mapping):
            yield from _flat_figures(value, f"{name}{separator}", separator)
        elif isinstance(value, int | float) and math.isfinite(value):
            yield name, float(value)


def _flat_settings(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat_settings(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:6000]

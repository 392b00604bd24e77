"""How each stage stands: up to date, changed and why, or never run, with its latest figures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.params import read_yaml
from flows import results
from flows.dvc import dvc_says
from flows.environment import child_environment
from flows.graph import stage_order

SHOWN_FIGURES = 3


@dataclass(frozen=True)
class StageStatus:
    """One stage as it stands in a checkout."""

    stage: str
    state: str
    """`up to date`, `changed` or `never run`."""
    why: str
    """What changed, by name; empty when nothing did."""
    figures: str
    """The first of its latest metrics."""


def stage_statuses(root: Path) -> Iterator[StageStatus]:
    """Every stage in order, as DVC sees it now."""
    said = dvc_says(root, child_environment(root), "status", "--json")
    changed: dict[str, list[Any]] = json.loads(said) if said.strip() else {}
    lock = root / "dvc.lock"
    locked = read_yaml(lock).get("stages", {}) if lock.is_file() else {}
    for stage in stage_order(root):
        if stage not in locked:
            yield StageStatus(stage, "never run", "", "")
        elif stage in changed:
            yield StageStatus(stage, "changed", ", ".join(_changes(changed[stage])), _figures(root, stage))
        else:
            yield StageStatus(stage, "up to date", "", _figures(root, stage))


def _changes(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        if not isinstance(entry, dict):
            yield str(entry)
            continue
        for things in entry.values():
            for name, what in things.items() if isinstance(things, dict) else []:
                yield f"{', '.join(what)} of {name}" if isinstance(what, dict) else f"{name} {what}"


def _figures(root: Path, stage: str) -> str:
    plain = [(key, value) for key, value in results.metrics(root, stage).items() if isinstance(value, int | float)]
    return ", ".join(f"{key.replace('_', ' ')} {results.readable(value)}" for key, value in plain[:SHOWN_FIGURES])

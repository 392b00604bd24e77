"""What a dvc.lock says: each stage's command, settings, inputs and outputs, with their hashes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Entry:
    """A file or folder that a stage reads or writes, by the hash that DVC gave it."""

    path: str
    md5: str
    """Of the content; with the ending `.dir`, of the list of a folder's files."""
    size: int

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.md5.endswith(".dir")


@dataclass(frozen=True)
class LockedStage:
    """One stage of a dvc.lock."""

    command: str
    params: Mapping[str, Any]
    """Dotted setting, or section, of params.yaml to its value."""
    deps: Mapping[str, Entry]
    outs: Mapping[str, Entry]


def parse(content: bytes | None) -> dict[str, LockedStage]:
    """The stages of a dvc.lock in its order; none without content."""
    stages = (YAML(typ="safe").load(content) or {}).get("stages", {}) if content else {}
    return {name: _stage(values) for name, values in stages.items()}


def sources(stages: Mapping[str, LockedStage], stage: str) -> dict[str, Entry]:
    """What a stage reads that no stage writes: code, and files that people keep."""
    made = [path for one in stages.values() for path in one.outs]
    deps = stages[stage].deps
    return {path: deps[path] for path in deps if not any(_within(path, out) or _within(out, path) for out in made)}


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _stage(values: Mapping[str, Any]) -> LockedStage:
    return LockedStage(
        command=" ".join(str(values.get("cmd", "")).split()),
        params=values.get("params", {}).get("params.yaml", {}),
        deps={entry["path"]: _entry(entry) for entry in values.get("deps", [])},
        outs={entry["path"]: _entry(entry) for entry in values.get("outs", [])},
    )


def _entry(values: Mapping[str, Any]) -> Entry:
    return Entry(values["path"], values.get("md5", ""), int(values.get("size", 0)))

"""Whether a run met the committed result: the same bytes, the same figures within a tolerance, or what differs.

It knows what dvc.lock and the metrics say, and nothing more. Runs with different settings are not compared.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from flows.differences import flat
from flows.promotion import OPERATIONS_FILE
from flows.tolerance import AuditParams
from flows.workspace import git

Kind = Literal["identical", "equivalent", "different", "incomparable"]


@dataclass(frozen=True)
class Verdict:
    """What a comparison found, and the sentence that says so."""

    kind: Kind
    sentence: str


def against_commit(root: Path, commit: str, tolerances: AuditParams) -> Verdict:
    """Compare `root`'s dvc.lock and metrics with those that a commit holds."""
    rev = git(root, "rev-parse", "--short", commit)
    committed = _show(root, rev, "dvc.lock")
    if committed is None:
        return Verdict("incomparable", f"{rev} holds no dvc.lock: nothing to compare.")
    file = root / "dvc.lock"
    if not file.is_file():
        return Verdict("incomparable", "There is no dvc.lock here yet: nothing to compare.")
    ours = file.read_bytes()
    untrue = [f"{name} of {rev} is not what its dvc.lock stands for" for name in _files_apart(root, rev)]
    if ours == committed and not untrue:
        return Verdict("identical", f"dvc.lock is byte for byte the one of {rev}.")
    our_stages, their_stages = _stages(ours), _stages(committed)
    if _settings(our_stages) != _settings(their_stages):
        return Verdict("incomparable", f"The settings differ from the committed run ({rev}): nothing to compare.")
    code = [stage for stage in our_stages if _code(our_stages[stage]) != _code(their_stages.get(stage, {}))]
    because = f" The code of {_listed(code)} has changed since." if code else ""
    outputs = [stage for stage in our_stages if _outs(our_stages[stage]) != _outs(their_stages.get(stage, {}))]
    if not outputs and untrue:
        return Verdict("different", f"Every output has the hash that {rev} names, but {_listed(untrue)}.{because}")
    if not outputs:
        return Verdict("equivalent", f"Every output has the hash that {rev} names.{because}")
    apart = list(_figures_apart(root, rev, tolerances))
    unmeasured = [stage for stage in outputs if not (root / "data" / "metrics" / f"{stage}.json").is_file()]
    if not apart and unmeasured:
        return Verdict(
            "different",
            f"The outputs of {_listed(outputs)} differ from {rev}'s, and no figure says how much that of "
            f"{_listed(unmeasured)} matters.{because}",
        )
    if not apart:
        return Verdict(
            "equivalent",
            f"The outputs of {_listed(outputs)} differ in their bytes; every figure in data/metrics is within "
            f"its tolerance ({OPERATIONS_FILE}, audit) of {rev}'s.{because}",
        )
    shown = f"{_listed(apart[:5])}{f' and {len(apart) - 5} more' if len(apart) > 5 else ''}"
    return Verdict("different", f"The outputs of {_listed(outputs)} differ from {rev}'s, and so do {shown}.{because}")


def _files_apart(root: Path, rev: str) -> Iterator[str]:
    """Metrics files that are not byte for byte those of `rev`: a figure improved by hand, or forgotten."""
    for file in sorted((root / "data" / "metrics").glob("*.json")):
        name = file.relative_to(root).as_posix()
        if _show(root, rev, name) != file.read_bytes():
            yield name


def _figures_apart(root: Path, rev: str, tolerances: AuditParams) -> Iterator[str]:
    """Names of figures beyond the tolerances, as `stage.figure`, a missing file or figure included."""
    here = {file.stem for file in (root / "data" / "metrics").glob("*.json")}
    listed = git(root, "ls-tree", "--name-only", rev, "data/metrics/").splitlines()
    there = {Path(name).stem for name in listed if name.endswith(".json")}
    for stage in sorted(here | there):
        committed = _show(root, rev, f"data/metrics/{stage}.json")
        file = root / "data" / "metrics" / f"{stage}.json"
        if committed is None or not file.is_file():
            yield stage
            continue
        theirs, ours = dict(flat(json.loads(committed), stage)), dict(flat(json.loads(file.read_bytes()), stage))
        for figure in theirs | ours:
            known = figure in theirs and figure in ours
            if not (known and tolerances.of(figure).agree(theirs[figure], ours[figure])):
                yield figure


def _show(root: Path, rev: str, path: str) -> bytes | None:
    done = subprocess.run(["git", "show", f"{rev}:{path}"], cwd=root, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def _stages(lock: bytes) -> dict[str, Any]:
    return dict((YAML(typ="safe").load(lock) or {}).get("stages", {}))


def _settings(stages: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stage.get("params") for name, stage in stages.items()}


def _outs(stage: Mapping[str, Any]) -> dict[str, str]:
    return {out["path"]: out.get("md5", "") for out in stage.get("outs", [])}


def _code(stage: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    deps = {dep["path"]: dep.get("md5", "") for dep in stage.get("deps", []) if not dep["path"].startswith("data/")}
    return stage.get("cmd"), deps


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

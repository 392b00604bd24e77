"""What an audit looks for beside the result: a record that does not speak of the commit it stands in."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from flows import lock, packages, store, subject
from flows.certificate import Finding
from flows.differences import flat
from flows.lock import Entry, LockedStage
from flows.machine import Machine, Made
from flows.store import Inspection, Store
from flows.subject import Subject
from flows.workspace import git

NAMED = 5
"""How many names a sentence lists before it counts the rest."""


def edited_metrics(home: Path, commit: str, stages: Mapping[str, LockedStage]) -> Iterator[Finding]:
    """Committed outputs, metrics above all, that are not what the commit's own dvc.lock stands for."""
    for stage in stages.values():
        for out in stage.outs.values():
            committed = subject.content(home, commit, out.path)
            if committed is not None and hashlib.md5(committed, usedforsecurity=False).hexdigest() != out.md5:
                said = f"{out.path} of the commit is not what its dvc.lock stands for: it was changed afterwards."
                yield Finding("metrics", said)


def edited_settings(home: Path, commit: str, stages: Mapping[str, LockedStage]) -> Iterator[Finding]:
    """Settings of the commit's params.yaml that are not those its dvc.lock was made with."""
    text = subject.content(home, commit, "params.yaml")
    settings = YAML(typ="safe").load(text) if text else {}
    apart: dict[str, tuple[Any, Any]] = {}
    for stage in stages.values():
        for key, value in stage.params.items():
            locked, written = (dict(flat(values, key)) for values in (value, _at(settings, key)))
            apart |= {name: (locked.get(name), written.get(name)) for name in locked | written
                      if locked.get(name) != written.get(name)}  # fmt: skip
    if apart:
        words = [f"{name} is {written}, locked {locked}" for name, (locked, written) in apart.items()]
        yield Finding("settings", f"params.yaml of the commit is not what its dvc.lock was made with: {listed(words)}.")


def other_code(recorded: Mapping[str, LockedStage], recomputed: Mapping[str, LockedStage]) -> Iterator[Finding]:
    """Stages whose code, command or kept inputs in the commit are not those its dvc.lock was made with."""
    for name in {**recorded, **recomputed}:
        if name not in recorded or name not in recomputed:
            where = "dvc.lock but not in dvc.yaml" if name in recorded else "dvc.yaml but not in dvc.lock"
            yield Finding("code", f"Stage {name} stands in the commit's {where}.")
            continue
        then, now = (lock.sources(stages, name) for stages in (recorded, recomputed))
        apart = [path for path in then | now if path not in then or path not in now or then[path].md5 != now[path].md5]
        if recorded[name].command != recomputed[name].command:
            apart.append("its command")
        if apart:
            said = f"Stage {name}: {listed(sorted(apart))} of the commit is not what its dvc.lock was made with."
            yield Finding("code", said)


def uncommitted(home: Path, found: Subject, made: Made | None) -> Iterator[Finding]:
    """Files that stood uncommitted when the run began, in a private clone's snapshot or in the checkout itself."""
    if found.snapshot:
        files = git(home, "diff", "--name-only", found.base, found.snapshot).splitlines()
        said = f"The run began in a checkout with uncommitted changes, kept as snapshot {found.snapshot[:10]}"
        yield Finding("uncommitted", f"{said}: {listed(files)}.")
    if made is not None and made.uncommitted:
        said = f"The run began in a checkout with uncommitted changes: {listed(list(made.uncommitted))}."
        yield Finding("uncommitted", said)


def other_environment(requirements: bytes | None, then: Machine | None) -> Iterator[Finding]:
    """Packages other than the commit's requirements.lock, at the recording and now."""
    if then is not None and then.other_than_locked:
        words = [f"{name} {found} (locked: {wanted})" for name, (wanted, found) in then.other_than_locked.items()]
        yield Finding("environment", f"The run was made with packages other than locked: {listed(words)}.")
    if requirements is not None and (apart := packages.apart(requirements.decode())):
        words = [str(one) for one in apart]
        yield Finding("environment", f"This audit ran with packages other than locked: {listed(words)}.")


def bad_objects(seen: Inspection) -> Iterator[Finding]:
    """Recorded data in the cache that was tampered with or is missing; nothing of it there at all is no finding."""
    if seen.damaged:
        said = "The cache holds objects whose content is not what their hash says: they were changed or damaged"
        yield Finding("cache", f"{said}: {listed(seen.damaged)}.")
    if seen.missing and (seen.intact or seen.damaged):
        yield Finding("cache", f"The cache lacks recorded data: {listed(seen.missing)}.")


def altered_checkout(home: Path, recorded: bytes, outs: Iterable[Entry], *stores: Store) -> Iterator[Finding]:
    """Outputs lying in the checkout that are not those of its dvc.lock, where that is the audited one."""
    file = home / "dvc.lock"
    if not file.is_file() or file.read_bytes() != recorded:
        return
    if names := [name for out in outs for name in store.altered(home, out, stores)]:
        yield Finding("checkout", f"Data in the checkout is not what dvc.lock stands for: {listed(names)}.")


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _at(settings: Any, key: str) -> Any:
    for part in key.split("."):
        settings = settings.get(part) if isinstance(settings, Mapping) else None
    return settings

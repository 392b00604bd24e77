"""Recompute a recorded result from its sources alone, in an empty place, and certify what came of it.

Nothing of earlier results is used: a clone of its own, an empty DVC cache, no run-cache. Needs no server.
"""

import hashlib
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from flows import (
    differences,
    dvc_settings,
    environment,
    findings,
    lock,
    machine,
    store,
    subject,
    supervise,
    verdict,
    witness,
)
from flows.certificate import Certificate, Figure, Finding, Output, Stage
from flows.dvc import cached_outputs, kept_sources
from flows.lock import Entry, LockedStage
from flows.screen import Screen, StageOutput
from flows.store import Store
from flows.subject import Subject
from flows.tolerance import AuditParams, Tolerance, load_tolerances
from flows.workspace import WorkspaceError, git

Answer = TypeVar("Answer")
REPRODUCE = ("dvc", "repro", "--force", "--no-run-cache")


def audit(home: Path, asked: str = "HEAD", *, say: Callable[[str], None], terminal: bool = False) -> Certificate:
    """Recompute a recorded result of the project in `home` and compare it with its record.

    Args:
        home: a checkout; neither its files nor its cache change.
        asked: a run id, branch, commit or MLflow run id.
        say: takes text as it comes, the stages' own included, cut anywhere.
        terminal: whether `say` shows it on a terminal, for live bars.

    Raises:
        ParamsError: infra/operations.yaml of `home` states no tolerances that can be used.
        WorkspaceError: there is no such result, or it could not be recomputed; what had been found by then is told.
    """
    began = time.monotonic()
    tolerances = load_tolerances(home)
    found = subject.find(home, asked)
    recorded = subject.content(home, found.commit, "dvc.lock")
    if recorded is None:
        raise WorkspaceError(f"{asked} ({found.commit[:10]}) holds no dvc.lock: no result was recorded in it.")
    stages = lock.parse(recorded)
    with tempfile.TemporaryDirectory(prefix="kakehashi-audit-") as folder:
        root, cache = Path(folder) / "project", Path(folder) / "cache"
        _clone(home, found.commit, root, cache)
        env = environment.child_environment(home, {"DVC_SITE_CACHE_DIR": str(Path(folder) / "site")})
        ours = Store(dvc_settings.cache_folder(home))
        seen, notes = _before(home, root, found, recorded, stages, ours, say)
        said_before = len(notes)
        mlflow = _asked(lambda: witness.call(home, recorded), notes)
        if mlflow is not None:
            _hear(_asked(lambda: list(mlflow.statements(root)), notes), seen, notes)
        elif len(notes) == said_before:
            notes.append("There is no MLflow to ask here.")
        _fetch_sources(root, env, say, terminal)
        command: list[str | Path] = [environment.tool(REPRODUCE[0]), *REPRODUCE[1:]]
        exit_code, complaint = _run(command, root, env, say, terminal)
        if exit_code != 0:
            told = "".join(f"\nfound before: {finding.sentence}" for finding in seen)
            raise WorkspaceError(f"`{' '.join(REPRODUCE)}` of {asked} failed: {complaint}{told}")
        again = lock.parse((root / "dvc.lock").read_bytes())
        seen += findings.other_code(stages, again)
        seen += findings.altered_checkout(home, recorded, cached_outputs(root, stages), ours, Store(cache))
        if mlflow is not None:
            _hear(_asked(lambda: list(mlflow.curves(stages, (ours, Store(cache)))), notes), seen, notes)
        judged = verdict.against_commit(root, found.commit, tolerances)
        known = machine.read(subject.content(home, found.commit, machine.RECORD), recorded)
        return Certificate(
            subject=found,
            verdict="different" if judged.kind == "incomparable" else judged.kind,
            sentence=judged.sentence,
            stages=tuple(_compared(home, found.commit, root, stages, again, ours)),
            figures=tuple(_figures(home, found.commit, root, tolerances)),
            findings=tuple(seen),
            notes=tuple(notes),
            then=known.machine if known else None,
            ran_then=known.stages_run if known else (),
            now=machine.this_machine(root / "requirements.lock"),
            command=" ".join(REPRODUCE),
            tolerance=str(tolerances),
            audited=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 1),
        )


def folder_of(home: Path, found: Subject) -> Path:
    """Where the certificate of a result is kept unless somebody wants it elsewhere."""
    return home / environment.STATE / "audits" / found.commit[:12]


def _clone(home: Path, commit: str, root: Path, cache: Path) -> None:
    """The commit in a clone whose DVC cache is empty and its own, with the checkout's remotes for kept sources."""
    git(home, "clone", "--quiet", "--shared", "--no-checkout", str(home), str(root))
    git(root, "checkout", "--quiet", "--detach", commit)
    dvc_settings.write(root, dvc_settings.for_a_clone(home, cache))


def _before(
    home: Path,
    root: Path,
    found: Subject,
    recorded: bytes,
    stages: dict[str, LockedStage],
    ours: Store,
    say: Callable[[str], None],
) -> tuple[list[Finding], list[str]]:
    """What can be found before anything is recomputed, with notes on what could not be looked at."""
    notes: list[str] = []
    seen = [*findings.edited_metrics(home, found.commit, stages), *findings.edited_settings(home, found.commit, stages)]
    requirements = subject.content(home, found.commit, "requirements.lock")
    known = machine.read(subject.content(home, found.commit, machine.RECORD), recorded)
    seen += findings.uncommitted(home, found, known)
    if requirements is None:
        notes.append("The commit holds no requirements.lock: packages could not be compared.")
    if known is None:
        notes.append(f"The commit's {machine.RECORD} does not speak of this result: its machine is unknown.")
    seen += findings.other_environment(requirements, known.machine if known else None)
    kept = [*cached_outputs(root, stages), *kept_sources(root)]
    say(f"Checking the recorded data of {len(kept)} outputs in the cache …\n")
    inspection = store.inspect(ours, kept)
    seen += findings.bad_objects(inspection)
    if inspection.intact or inspection.damaged:
        notes.append(f"{inspection.intact:,} recorded objects in the cache have the content that their hash says.")
    else:
        notes.append("The cache holds none of the recorded data: it could be compared by its hashes alone.")
    return seen, notes


def _asked(question: Callable[[], Answer], notes: list[str]) -> Answer | None:
    """What MLflow answers; None, and a note, if it refuses or breaks off: it is a witness, the audit stands without."""
    try:
        return question()
    except Exception as error:
        notes.append(f"MLflow could not be asked: {' '.join((str(error) or repr(error)).splitlines()[:1])}")
        return None


def _hear(told: Iterable[Finding | str] | None, seen: list[Finding], notes: list[str]) -> None:
    for each in told or ():
        if isinstance(each, Finding):
            seen.append(each)
        else:
            notes.append(each)


def _fetch_sources(root: Path, env: dict[str, str], say: Callable[[str], None], terminal: bool) -> None:
    """Lay out raw data that no stage can recompute, and nothing else: from the checkout's cache, or its remote."""
    names = git(root, "ls-files", "--", "*.dvc").splitlines()
    if not names:
        return
    for chosen in (["--remote", dvc_settings.CACHE], []):
        command: list[str | Path] = [environment.tool("dvc"), "pull", *chosen, *names]
        exit_code, complaint = _run(command, root, env, say, terminal)
        if exit_code == 0:
            break
    else:
        raise WorkspaceError(f"Raw data that no stage recomputes is not to be had: {', '.join(names)}. {complaint}")
    for entry in kept_sources(root):
        if not entry.folder and store.hash_of(root / entry.path) != entry.md5:
            raise WorkspaceError(f"{entry.path} was fetched, but its content is not what {entry.path}.dvc names.")


def _run(
    command: list[str | Path], root: Path, env: dict[str, str], say: Callable[[str], None], terminal: bool
) -> tuple[int, str]:
    """The exit code of a DVC command, and what it complained about: the stage's last words, or else DVC's own."""
    heard = StageOutput(lambda line: None, Screen(None, {}))

    def on_text(text: str) -> None:
        say(text)
        heard.feed(text)

    done = supervise.run(command, cwd=root, env=env, on_text=on_text, terminal=terminal)
    heard.close()
    complaints = [line.removeprefix("ERROR: ") for line in heard.lines if line.startswith("ERROR: ")]
    return done.exit_code, "; ".join(heard.own_words(1) if command[1] == "repro" else complaints)


def _compared(
    home: Path,
    commit: str,
    root: Path,
    then: dict[str, LockedStage],
    now: dict[str, LockedStage],
    ours: Store,
) -> Iterator[Stage]:
    absent = Entry("", "", 0)
    for name in then | now:
        before, after = (stages[name].outs if name in stages else {} for stages in (then, now))
        outputs = []
        for path in {**before, **after}:
            left, right = before.get(path, absent), after.get(path, absent)
            words = "" if left.md5 == right.md5 else _difference(home, commit, root, path, left, right, ours)
            outputs.append(Output(path, left.md5, right.md5, left.size, right.size, words))
        yield Stage(name, tuple(outputs))


def _difference(home: Path, commit: str, root: Path, path: str, then: Entry, now: Entry, ours: Store) -> str:
    """Where an output first differs from the recorded one, and by how much, as far as recorded data is at hand."""
    if not then.md5 or not now.md5:
        return "only recorded" if then.md5 else "not recorded"
    if then.folder != now.folder:
        return "a folder then, a file now" if then.folder else "a file then, a folder now"
    if not then.folder:
        return _files_differ(home, commit, path, root / path, then.md5, ours)
    before = ours.files_of(then.md5)
    if before is None:
        return "the recorded list of its files is not at hand: only the hash can be compared"
    after = {name: store.hash_of(root / path / name) for name in before if (root / path / name).is_file()}
    gone = sorted(before.keys() - after.keys())
    new = sorted(store.files_below(root / path) - before.keys())
    changed = sorted(name for name in after if before[name] != after[name])
    words = [f"{len(changed)} of {len(before)} files differ"] if changed else []
    words += [f"no longer there: {findings.listed(gone)}"] if gone else []
    words += [f"new: {findings.listed(new)}"] if new else []
    if changed:
        first = changed[0]
        how = _files_differ(home, commit, f"{path}/{first}", root / path / first, before[first], ours)
        words.append(f"first {first}: {how}")
    return "; ".join(words)


def _files_differ(home: Path, commit: str, path: str, now: Path, md5: str, ours: Store) -> str:
    then = ours.file(md5)
    if then is not None:
        return differences.describe(path, then, now)
    committed = subject.content(home, commit, path)
    if committed is None or hashlib.md5(committed, usedforsecurity=False).hexdigest() != md5:
        return "the recorded content is not at hand: only the hash can be compared"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "then"
        file.write_bytes(committed)
        return differences.describe(path, file, now)


def _figures(home: Path, commit: str, root: Path, tolerances: AuditParams) -> Iterator[Figure]:
    """Every figure of data/metrics that is not the recorded one, agreeing ones included."""
    listed = git(home, "ls-tree", "--name-only", commit, "data/metrics/").splitlines()
    here = [file.relative_to(root).as_posix() for file in (root / "data" / "metrics").glob("*.json")]
    for name in sorted({*listed, *here}):
        committed, file = subject.content(home, commit, name), root / name
        then = dict(differences.flat(json.loads(committed), Path(name).stem)) if committed else {}
        now = dict(differences.flat(json.loads(file.read_bytes()), Path(name).stem)) if file.is_file() else {}
        for figure in then | now:
            left, right = then.get(figure), now.get(figure)
            if left != right:
                yield _figure(figure, left, right, tolerances.of(figure))


def _figure(name: str, then: Any, now: Any, tolerance: Tolerance) -> Figure:
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in (then, now)]
    if not all(numbers) or not all(map(math.isfinite, (then, now))):
        return Figure(name, then, now, None, None, within=False)
    return Figure(name, then, now, now - then, tolerance.allowed(then, now), tolerance.agree(then, now))

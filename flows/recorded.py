"""What the commit of a published run says of it, beside which MLflow, where anybody may edit, is only a copy."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components import published
from flows import dvc_settings, lock, store, subject
from flows.lock import Entry
from flows.store import Store
from flows.workspace import WorkspaceError, git

if TYPE_CHECKING:
    from components.published import PublishedRun
    from components.tracking import Client

STUDENT = "data/train"
ACCEPTED = "data/validate/accepted.parquet"


@dataclass(frozen=True)
class Record:
    """A run's commit, held against MLflow."""

    apart: Sequence[str]
    """Settings, figures and files of the student for which MLflow has other values, in words."""
    licence: str | None
    """The verdict over the licences of what the commit's data holds; None where this checkout's cache has it not."""


def record_of(home: Path, client: "Client", run: "PublishedRun", student: Path) -> Record | None:
    """What stands in git of a run; None where its dvc.lock stands in no commit here.

    Args:
        student: the model folder that MLflow would serve.
    """
    try:
        commit = subject.find(home, run.run_id).commit
    except WorkspaceError:
        return None
    outs = _outs(home, commit)
    caches = [Store(dvc_settings.cache_folder(home))]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _lay_out(home, commit, root)
        apart = [
            f"{name} of {stage} is {told}, the commit says {true}"
            for stage, name, told, true in published.contradictions(client, root, client.get_run(run.run_id))
        ]
    apart += other_files(student, outs, caches)
    return Record(apart, _licence(store.recorded(outs, ACCEPTED, caches)))


def _lay_out(home: Path, commit: str, root: Path) -> None:
    """The commit's settings and metrics as files below `root`."""
    metrics = git(home, "ls-tree", "-r", "--name-only", commit, "--", "data/metrics").splitlines()
    for name in ["params.yaml", *metrics]:
        content = subject.content(home, commit, name)
        if content is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)


def _outs(home: Path, commit: str) -> list[Entry]:
    stages = lock.parse(subject.content(home, commit, "dvc.lock"))
    return [out for stage in stages.values() for out in stage.outs.values()]


def other_files(student: Path, outs: Sequence[Entry], caches: Sequence[Store]) -> Iterator[str]:
    """Files of the model in MLflow that are not those that `train` left, as far as a cache knows their hashes."""
    for out in (out for out in outs if out.folder and out.path == STUDENT):
        listed = next((files for cache in caches if (files := cache.files_of(out.md5))), {})
        yield from (
            f"{name} of the registered student is not the one that was trained"
            for name, md5 in listed.items()
            if not (student / name).is_file() or store.hash_of(student / name) != md5
        )


def _licence(accepted: Path | None) -> str | None:
    if accepted is None:
        return None
    from flows.results import licence_verdict_of

    return licence_verdict_of(accepted)

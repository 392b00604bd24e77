"""What a run cost, stage by stage: seconds and memory, kept beside the data and never in it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

from components.outputs import whole_file
from flows.environment import STATE


@dataclass(frozen=True)
class StageRun:
    """How one stage of one run went."""

    stage: str
    state: str
    """`ran` or `cached`."""
    reason: str
    """Why nothing had to be done: `unchanged` or `run-cache`; empty for a stage that ran."""
    wall_seconds: float
    peak_rss_bytes: int
    """Largest resident memory of the stage's processes together, DVC's own included."""
    started_unix_seconds: float


def record(
    home: Path,
    run_id: str,
    stages: Sequence[StageRun],
    lock: Path,
    note: str,
    commit: str = "",
    uncommitted: Sequence[str] = (),
) -> Path:
    """Write what is known of run `run_id` so far.

    Args:
        home: the checkout.
        run_id: names the file.
        stages: those that ended, in order.
        lock: the dvc.lock as it stands.
        note: what the person who started the run said about it.
        commit: what a run in the checkout began with.
        uncommitted: files that stood changed beside that commit.
    """
    file = home / STATE / "measurements" / f"{run_id}.json"
    values = {
        "run_id": run_id,
        "note": note,
        "dvc_lock_md5": lock_md5(lock),
        "commit": commit,
        "uncommitted": list(uncommitted),
        "stages": [asdict(stage) for stage in stages],
    }
    with whole_file(file) as draft:
        draft.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return file


def last_recorded(home: Path, lock: Path) -> dict[str, Any] | None:
    """The latest record of a run that ended with exactly this dvc.lock."""
    files = sorted((home / STATE / "measurements").glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    records = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    return next((found for found in records if found["dvc_lock_md5"] == lock_md5(lock)), None)


def read(home: Path, run_id: str) -> dict[str, Any]:
    """What was recorded of one run.

    Raises:
        LookupError: nothing was.
    """
    file = home / STATE / "measurements" / f"{run_id}.json"
    if not file.is_file():
        raise LookupError(f"{file} does not exist: no run of that name was measured here.")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def stages_of(home: Path, run_id: str) -> list[StageRun]:
    """The stages of a run that were recorded so far, in the order in which they ran."""
    try:
        return [StageRun(**stage) for stage in read(home, run_id)["stages"]]
    except LookupError:
        return []


def lock_md5(lock: Path) -> str:
    """MD5 of a dvc.lock's bytes, the name of a result; empty when there is no such file."""
    return md5(lock.read_bytes(), usedforsecurity=False).hexdigest() if lock.is_file() else ""

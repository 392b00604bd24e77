"""Small dealings with DVC beside running a stage: questions, a broken lock file, an earlier result laid out again."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from components.params import read_yaml
from flows.environment import tool
from flows.lock import Entry, LockedStage
from flows.workspace import Workspace, WorkspaceError, git


def dvc_says(root: Path, env: Mapping[str, str] | None, *arguments: str) -> str:
    """The standard output of a short DVC command, empty if it fails: for showing, not for deciding."""
    environment = dict(os.environ if env is None else env)
    done = subprocess.run([tool("dvc"), *arguments], cwd=root, env=environment, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def dvc_does(root: Path, env: Mapping[str, str], *arguments: str) -> str:
    """The standard output of a DVC command.

    Raises:
        WorkspaceError: it failed; the message is DVC's own.
    """
    done = subprocess.run([tool("dvc"), *arguments], cwd=root, env=dict(env), capture_output=True, text=True)
    if done.returncode != 0:
        raise WorkspaceError(f"`dvc {arguments[0]}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def remove_broken_lock(root: Path) -> bool:
    """Delete `.dvc/tmp/rwlock` if it is no JSON: DVC was killed while it wrote, and would refuse to work ever after.

    Returns:
        Whether there was such a file.
    """
    file = root / ".dvc" / "tmp" / "rwlock"
    if not _broken(file):
        return False
    time.sleep(0.3)  # another DVC may be writing it this very moment
    if not _broken(file):
        return False
    file.unlink(missing_ok=True)
    return True


@contextmanager
def earlier_result_kept(stage: str, place: Workspace) -> Iterator[None]:
    """If the block fails, lay out again what DVC removed to make room for the stage's new result."""
    file = place.root / "data" / "metrics" / f"{stage}.json"
    figures = file.read_bytes() if file.is_file() else None
    try:
        yield
    except Exception:
        if figures is not None and not file.is_file():
            file.write_bytes(figures)
        dvc_says(place.root, place.environment, "checkout", "--quiet", stage)
        raise


def cached_outputs(root: Path, stages: Mapping[str, LockedStage]) -> Iterator[Entry]:
    """Outputs of a lock that DVC keeps in its cache; metrics are committed instead."""
    tracked = set(git(root, "ls-files").splitlines())
    yield from (out for stage in stages.values() for out in stage.outs.values() if out.path not in tracked)


def kept_sources(root: Path) -> Iterator[Entry]:
    """Raw data that no stage can recompute: what `dvc add` and `dvc import` keep in `.dvc` files."""
    for name in git(root, "ls-files", "--", "*.dvc").splitlines():
        file = root / name
        for out in read_yaml(file).get("outs", []):
            path = (file.parent / out["path"]).relative_to(root).as_posix()
            yield Entry(path, out.get("md5", ""), int(out.get("size", 0)))


def _broken(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except ValueError:
        return True
    return False

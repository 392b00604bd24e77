"""Private clones that runs without a result left behind: which of them nobody waits for any more.

A run that failed or was cancelled keeps its clone, for *Retry* goes on there; most are never retried.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound

from flows import workspace
from flows.environment import STATE
from flows.lost import runs_alive
from flows.workspace import Workspace

SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Leftover:
    """A private clone, and what Prefect says of its run."""

    run_id: str
    root: Path
    state: str
    """As Prefect calls it, or `unknown to Prefect`."""
    ended: bool
    """Whether nobody works in it or waits for an answer."""
    untouched_days: float
    """Since anything was last written in it."""
    own_bytes: int
    """What its removal frees: files that it shares with the cache take no room of their own."""


def leftovers(home: Path) -> list[Leftover]:
    """The private clones of this checkout, the oldest first; Prefect's server is asked, so it must be up."""
    folders = [entry for entry in _runs(home) if entry.is_dir()]
    alive = runs_alive() if folders else set()
    with get_client(sync_client=True) as client:
        found = [_leftover(client, folder, alive) for folder in folders]
    return sorted(found, key=lambda each: -each.untouched_days)


def remove(home: Path, left: Leftover) -> None:
    """Delete one whose run has ended; its branch, if it has one, and its measurements stay."""
    assert left.ended, "somebody may go on in it"
    workspace.remove(Workspace(left.root, home, commit="", private=True))


def _runs(home: Path) -> Iterator[Path]:
    folder = home / STATE / "runs"
    return folder.iterdir() if folder.is_dir() else iter(())


def _files(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # of a run that works in it
                yield Path(place, name).lstat()


def _leftover(client: SyncPrefectClient, folder: Path, alive: set[str]) -> Leftover:
    state, ended = "unknown to Prefect", True
    try:
        run = client.read_flow_run(UUID(folder.name))
    except (ObjectNotFound, ValueError):  # the server's database was made anew; or no run's id
        run = None
    if run is not None and run.state is not None:
        state, ended = run.state.name or str(run.state.type), run.state.is_final()
    known = list(_files(folder))
    touched = max((one.st_mtime for one in known), default=folder.stat().st_mtime)
    return Leftover(
        run_id=folder.name,
        root=folder,
        state=state,
        ended=ended and folder.name not in alive,
        untouched_days=max(0.0, time.time() - touched) / SECONDS_A_DAY,
        own_bytes=sum(one.st_blocks * 512 for one in known if one.st_nlink == 1),
    )

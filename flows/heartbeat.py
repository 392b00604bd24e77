"""Runs whose worker's heart has stopped get their true state; containers call `python -m flows.heartbeat FILE`.

For a pool whose workers nobody here keeps up: some in containers, or on several machines. A run ends with its worker's
container, and no process is left that could say so. Prefect's worker takes a new name at each start, and writes it on
its runs.
"""

import argparse
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType

from flows.lost import true_state, unfinished_runs
from flows.servers import POOL

WORKER = "prefect.worker.name"
"""The label by which a run names its worker."""
QUIET_SECONDS = 180.0
"""A worker says every 30 s that it lives, and within 78 s once the server is back from an absence."""
LOOKS = 12
"""How often one looks within that time."""


class Seen(NamedTuple):
    """What is seen of an unfinished run; a run that goes on never looks the same for long."""

    run: str
    state: str
    """The id of its state."""
    type: StateType
    worker: str | None
    heartbeat: datetime | None
    """When its worker last said that it lives; None for a worker whom the server does not know."""


@dataclass
class Watch:
    """Looks at the unfinished runs again and again."""

    quiet_seconds: float = QUIET_SECONDS
    """How long nothing may change about a run before its worker counts as dead, by this process's clock."""
    since: dict[Seen, float] = field(default_factory=dict)
    looked: float = -math.inf
    """When the last look was answered."""

    def lost(self, seen: Iterable[Seen], now: float) -> list[Seen]:
        """The runs about which nothing has changed for too long, having been seen in every look."""
        self.since = {each: self.since.get(each, now) for each in seen}
        return [each for each, first in self.since.items() if now - first >= self.quiet_seconds]

    def forget(self) -> None:
        """Begin anew: while the server was away, no worker could say anything."""
        self.since = {}

    def look(self) -> list[str]:
        """Give lost runs their true state; returns their ids.

        Looks that lie far apart say nothing: a server that hung, or a machine that stood still, heard no worker.
        """
        with get_client(sync_client=True) as client:
            seen = unfinished(client)
            now = time.monotonic()
            if now - self.looked > self.quiet_seconds / 2:
                self.forget()
            self.looked = now
            lost = self.lost(seen, now)
            for each in lost:
                client.set_flow_run_state(each.run, true_state(each.type))
        return [each.run for each in lost]


def unfinished(client: SyncPrefectClient) -> list[Seen]:
    """The runs of our pool that claim to go on, with the last words of their workers."""
    heartbeats = {each.name: each.last_heartbeat_time for each in client.read_workers_for_work_pool(POOL)}
    seen = []
    for run in unfinished_runs(client):
        worker = run.labels.get(WORKER)
        named = str(worker) if worker else None
        assert run.state_type is not None  # they were asked for by it
        seen.append(Seen(str(run.id), str(run.state_id), run.state_type, named, heartbeats.get(named or "")))
    return seen


def main() -> None:
    """Look until this process is ended."""
    parser = argparse.ArgumentParser(prog="python -m flows.heartbeat", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mark", type=Path, help="a file that is touched after each look that the server answered")
    parser.add_argument("--quiet-seconds", type=float, default=QUIET_SECONDS, help="when a worker counts as dead")
    given = parser.parse_args()
    watch = Watch(given.quiet_seconds)
    while True:
        try:
            for run_id in watch.look():
                print(f"Run {run_id} has lost its worker.", flush=True)
            given.mark.touch()
        except Exception as error:  # the next look may be answered; without one the mark grows old, which is seen
            watch.forget()
            print(f"Prefect could not be asked: {' '.join(str(error).split())}", flush=True)
        time.sleep(watch.quiet_seconds / LOOKS)


if __name__ == "__main__":
    main()

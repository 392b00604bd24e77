"""Runs whose process ended without a word get their true state; `kakehashi up` calls `python -m flows.lost`."""

import psutil
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed, Scheduled

from flows.servers import POOL

UNFINISHED = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
RUN_OF_A_PROCESS = "PREFECT__FLOW_RUN_ID"
"""Prefect names the run in the environment of its process."""


def end_lost_runs() -> list[str]:
    """Give every run of our pool that claims to go on, and has no process on this machine, the state it is in.

    For when the pool's only worker has ended, and its runs with it. Returns the ids of the runs.
    """
    alive, ended = runs_alive(), []
    with get_client(sync_client=True) as client:
        for run in unfinished_runs(client):
            if str(run.id) not in alive and run.state_type is not None:
                client.set_flow_run_state(run.id, true_state(run.state_type))
                ended.append(str(run.id))
    return ended


def unfinished_runs(client: SyncPrefectClient) -> list[FlowRun]:
    """The runs of our pool that claim to go on."""
    states = FlowRunFilter.model_validate({"state": {"type": {"any_": list(UNFINISHED)}}})
    pool = WorkPoolFilter.model_validate({"name": {"any_": [POOL]}})
    return client.read_flow_runs(flow_run_filter=states, work_pool_filter=pool)


def true_state(claimed: StateType) -> State:
    """What a run without a process is, by what it says it is."""
    if claimed == StateType.CANCELLING:
        return Cancelled(message="Its process ended while it was being cancelled.")
    if claimed == StateType.PENDING:
        return Scheduled(message="Its worker ended before the run began: it starts with the next one.")
    return Crashed(
        message="Its process ended with the worker or the Prefect server. Nothing of it is left; Retry goes on behind "
        "the last finished stage."
    )


def runs_alive() -> set[str]:
    """Ids of the flow runs that have a living process here."""
    found = set()
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.add(process.environ().get(RUN_OF_A_PROCESS, ""))
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
    return found - {""}


if __name__ == "__main__":
    for each in end_lost_runs():
        print(each)

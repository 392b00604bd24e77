"""What a click in Prefect's UI costs beside the work itself: to the first line, by stage, in all, and for MLflow.

    python -m benchmarks.clicks [--runs 3]

Starts `kakehashi up` in this checkout, whose stages must be up to date (`make run`), and runs `pipeline` unchanged,
so that DVC has every result already. Times are Prefect's own, as its pages show them; the moment of the click is ours.
Each run stays as every run does, as a branch `runs/<id>` and in MLflow.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, LogFilter
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import environment
from flows.servers import free_port

PUBLISH = "publish to MLflow"
NOTE = "what a click costs"
BARS = {"first_line_seconds": 10.0, "seconds_a_stage": 1.5, "all_cached_seconds": 12.0, "publish_seconds": 5.0}
"""What each may take."""


def measure(root: Path, runs: int) -> pd.DataFrame:
    """A row for each run, one after the other.

    Raises:
        RuntimeError: a run did not end well, or a stage had something to do.
    """
    with served(root) as api, temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        return pd.DataFrame([one_run(client) for _ in range(runs)])


@contextmanager
def served(root: Path) -> Iterator[str]:
    """`kakehashi up` on free ports; the address of Prefect's API."""
    port = free_port()
    command = [str(environment.tool("kakehashi")), "up", "--prefect-port", str(port), "--mlflow-port", str(free_port())]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as up:
        try:
            said = []
            for line in up.stdout or ():
                said.append(line)
                if line.startswith("Both are up"):
                    break
            else:
                raise RuntimeError("".join(said))
            yield f"http://127.0.0.1:{port}/api"
        finally:
            up.terminate()


def one_run(client: SyncPrefectClient) -> dict[str, float]:
    """Click, wait, and read what Prefect wrote down."""
    deployment = client.read_deployment_by_name("pipeline/pipeline")
    clicked = time.time()
    run = ended(client, client.create_flow_run_from_deployment(deployment.id, parameters={"note": NOTE}))
    if not (run.state and run.state.is_completed() and run.start_time and run.end_time):
        raise RuntimeError(f"{run.name}: {run.state and run.state.message}")
    own = LogFilter.model_validate({"flow_run_id": {"any_": [run.id]}})
    first = min(log.timestamp.timestamp() for log in client.read_logs(own, limit=200))
    tasks = {task.name: task for task in tasks_of(client, run)}
    publish = tasks.pop(PUBLISH)
    ran = [name for name, task in tasks.items() if task.state_name != "Cached"]
    if ran:
        raise RuntimeError(f"{', '.join(ran)} had something to do. Bring the checkout up to date first: make run")
    stages = [task.total_run_time.total_seconds() for task in tasks.values()]
    return {
        "first_line_seconds": first - clicked,
        "seconds_a_stage": sum(stages) / len(stages),
        "slowest_stage_seconds": max(stages),
        "all_cached_seconds": (run.end_time - run.start_time).total_seconds(),
        "publish_seconds": publish.total_run_time.total_seconds(),
        "click_to_end_seconds": run.end_time.timestamp() - clicked,
    }


def ended(client: SyncPrefectClient, run: FlowRun) -> FlowRun:
    """The run, once it has ended."""
    while not (run.state and run.state.is_final()):
        time.sleep(0.5)
        run = client.read_flow_run(run.id)
    return run


def tasks_of(client: SyncPrefectClient, run: FlowRun) -> list[Any]:
    """The task runs of a run; Prefect writes the last ones down a moment after the run's own end."""
    of_run = FlowRunFilter.model_validate({"id": {"any_": [run.id]}})
    while True:
        tasks = client.read_task_runs(flow_run_filter=of_run)
        if all(task.state and task.state.is_final() for task in tasks):
            return tasks
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="clicks, one after the other")
    try:
        table = measure(Path.cwd(), parser.parse_args().runs)
    except RuntimeError as error:
        sys.exit(str(error))
    summary = table.agg(["median", "max"]).T.assign(bar=pd.Series(BARS))
    print(summary.round(2).to_string(na_rep=""))


if __name__ == "__main__":
    main()

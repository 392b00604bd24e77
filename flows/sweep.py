"""The pipeline over a grid of settings, each point in a private clone of its own, and a comparison of them all.

No `from __future__ import annotations` here: Prefect builds its form from the parameters' types themselves.
"""

import itertools
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from prefect import flow, get_client, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments import run_deployment
from prefect.flows import Flow
from prefect.runtime import flow_run
from prefect.states import Cancelled, Cancelling
from ruamel.yaml import YAML

from components.outputs import whole_file
from components.params import PARAMS_FILE, ParamsError
from flows import environment, faults, settings
from flows.compare import compare_runs, markdown_of
from flows.form import as_values, file_settings, section_models

PIPELINE = "pipeline/pipeline"
POINTS_AT_MOST = 64


UNFINISHED = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED)


def take_runs_along(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Cancel what a cancelled sweep has started or queued: nobody is left to wait for it."""
    mine = {"tags": {"all_": ["sweep", str(flow_run.id)]}, "state": {"type": {"any_": list(UNFINISHED)}}}
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(mine)):
            begun = run.state_type in (StateType.PENDING, StateType.RUNNING)
            client.set_flow_run_state(run.id, Cancelling() if begun else Cancelled(message="Its sweep was cancelled."))


@flow(name="sweep", on_cancellation=[take_runs_along])
def sweep(grid: dict[str, list[Any]] = {}, points: list[list[str]] = [], note: str = "") -> list[str]:  # noqa: B006
    """Run the pipeline at each point of a grid, and compare the runs that ended well.

    Every point is a run of the deployment `pipeline`: a private clone, a branch, a page in MLflow. How many run at once
    is that deployment's `concurrency_limit`. Returns the ids of the runs that ended well.

    Args:
        grid: Values to try for each field, `{"train.optimiser.steps": [300, 600], "train.machine.seed": [1, 2]}`:
            every combination is run.
        points: Further points, each a list of `section.field=value`.
        note: A sentence for the people who will compare runs.
    """
    return faults.or_said(lambda: swept(grid, points, note))


def swept(grid: Mapping[str, Sequence[Any]], points: Sequence[Sequence[str]], note: str) -> list[str]:
    """What `sweep` does, its faults as they are."""
    home, sweep_id = environment.home(), str(flow_run.id or "sweep")
    wanted = [*grid_points(grid), *points]
    overlays = write_overlays(home, home / environment.STATE / "sweeps" / sweep_id, wanted)
    values = as_values(file_settings(home / PARAMS_FILE))
    log = get_run_logger()
    log.info(f"{len(wanted)} runs of {PIPELINE}")

    def run(number: int) -> Any:
        said = f"{', '.join(wanted[number])}{f' · {note}' if note else ''}"
        given = {"params": values, "overlay": str(overlays[number]), "note": said}
        return run_deployment(PIPELINE, parameters=given, poll_interval=2, as_subflow=False, tags=["sweep", sweep_id])

    with ThreadPoolExecutor(len(wanted)) as waiting:  # Prefect holds back what the limit does not allow
        runs = list(waiting.map(run, range(len(wanted))))
    well = [str(each.id) for each in runs if each.state is not None and each.state.is_completed()]
    for number, each in enumerate(runs):
        log.info(f"{', '.join(wanted[number])}: {each.state.name if each.state else 'unknown'}, run {each.id}")
    if not well:
        raise RuntimeError("No run of the sweep ended well; each run's page in Prefect says why.")
    try:
        compared = compare_runs(home, well)
    except Exception as error:  # whatever MLflow is down with, the runs stand
        said = " ".join((faults.in_one_line(error) or repr(error)).split())
        log.warning(f"The runs could not be compared: {said} Compare them later: kakehashi compare {' '.join(well)}")
        return well
    create_markdown_artifact(markdown_of(compared.comparison), key="comparison", description="The sweep's runs")
    return well


def grid_points(grid: Mapping[str, Sequence[Any]]) -> list[list[str]]:
    """Every combination of the grid's values as `section.field=value` texts, the last field varying fastest."""
    if not grid:
        return []
    sides = [[f"{field}={json.dumps(value, ensure_ascii=False)}" for value in values] for field, values in grid.items()]
    return [list(point) for point in itertools.product(*sides)]


def write_overlays(home: Path, folder: Path, points: Sequence[Sequence[str]]) -> list[Path]:
    """An overlay file for each point; nothing is written unless every point is valid.

    Raises:
        ParamsError: there is no point or there are too many, or a point names an unknown field or a forbidden value.
    """
    if not 0 < len(points) <= POINTS_AT_MOST:
        raise ParamsError(f"A sweep takes 1 to {POINTS_AT_MOST} points, not {len(points)}. Give `grid` or `points`.")
    changes = [settings.assignments(point, f"point {number}") for number, point in enumerate(points, start=1)]
    with tempfile.TemporaryDirectory() as trial:
        for change in changes:
            file = Path(trial) / PARAMS_FILE.name
            shutil.copy(home / PARAMS_FILE, file)
            settings.change_settings(file, [change], section_models())
    overlays = []
    for number, change in enumerate(changes):
        overlays.append(folder / f"{number:03d}.yaml")
        with whole_file(overlays[-1]) as draft, draft.open("w", encoding="utf-8") as out:
            YAML().dump(dict(change.values), out)
    return overlays

"""The deployments that watch over a finished job, on the job itself: refresh-index, monitor, and what drift starts.

    python -m benchmarks.deployments [--images 200]

Starts `kakehashi up` in this checkout, whose stages must be up to date (`make run`), and has the student look at three
folders of its own data: images drawn evenly from what it learned from (the control), one source alone, and a domain
it has never seen. A look that passes a bound starts `pipeline` by Prefect's automation, which is waited for.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from benchmarks.clicks import ended, served
from components.corpus import read_images

STARTED_BY_DRIFT = "started by drift"
PATIENCE_SECONDS = 120.0


def measure(root: Path, images: int) -> Iterator[str]:
    """A line for each run that ended: the deployment, what it looked at, its state and its seconds.

    Raises:
        TimeoutError: drift started too few runs.
    """
    began, drifted = time.time(), 0
    with (
        tempfile.TemporaryDirectory() as folder,
        served(root) as api,
        temporary_settings({PREFECT_API_URL: api}),
        get_client(sync_client=True) as client,
    ):
        yield _line("refresh-index", "", _run(client, "refresh-index/refresh-index", {}))
        for name, recent in recent_folders(root, Path(folder), images):
            run = _run(client, "monitor/monitor", {"recent": str(recent)})
            drifted += bool(run.state and run.state.name == "Drifted")
            yield _line("monitor", name, run)
        for run in _of_drift(client, began, drifted):
            yield _line("pipeline", str(run.parameters["note"]), ended(client, run))


def recent_folders(root: Path, folder: Path, images: int) -> Iterator[tuple[str, Path]]:
    """What the student is shown: the name of each folder and where it lies."""
    learned = pd.read_parquet(root / "data/retrieve/selection.parquet")
    unseen = pd.read_parquet(root / "data/validate/evaluation.parquet")
    one, strange = learned["source"].iloc[0], unseen["domain"].iloc[-1]
    for name, rows, tree in (
        ("evenly from what was learned", learned, "corpus"),
        (f"{one} alone", learned[learned["source"] == one], "corpus"),
        (f"{strange}, never seen", unseen[unseen["domain"] == strange], "evaluation"),
    ):
        drawn = rows.sample(images, random_state=1).sort_values(["shard", "offset"])
        place = folder / name
        place.mkdir()
        for number, picture in enumerate(read_images(root / "data/collect" / tree, drawn)):
            picture.save(place / f"{number:04d}.png")
        yield name, place


def _run(client: SyncPrefectClient, deployment: str, parameters: dict[str, str]) -> FlowRun:
    """A run of a deployment, once it has ended."""
    known = client.read_deployment_by_name(deployment)
    return ended(client, client.create_flow_run_from_deployment(known.id, parameters=parameters))


def _of_drift(client: SyncPrefectClient, began: float, looks: int) -> list[FlowRun]:
    """The runs that drift has started since `began`, as soon as there is one for each of the `looks` that saw it."""
    patience = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patience:
        runs = [run for run in client.read_flow_runs() if run.created and run.created.timestamp() > began]
        started = [run for run in runs if str(run.parameters.get("note", "")).startswith(STARTED_BY_DRIFT)]
        if len(started) >= looks:
            return started
        time.sleep(1)
    raise TimeoutError(f"drift started fewer runs of `pipeline` than {looks} within {PATIENCE_SECONDS:.0f} s")


def _line(deployment: str, what: str, run: FlowRun) -> str:
    state = f"{run.state.name}. {run.state.message or ''}" if run.state else "unknown"
    return f"{deployment:14}{run.total_run_time.total_seconds():6.1f} s  {what}: {state}".rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=200, help="images that each look takes")
    for line in measure(Path.cwd(), parser.parse_args().images):
        print(line, flush=True)


if __name__ == "__main__":
    main()

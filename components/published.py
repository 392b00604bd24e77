"""Runs as MLflow keeps them, read back for people: which there are, and whether they say what the files say.

The functions here work through a client of `tracking`, the module that knows MLflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import run_record

if TYPE_CHECKING:
    from components.tracking import Client, Run

EXPERIMENT = "kakehashi"
COMPLETE = "kakehashi.complete"
"""The tag that is set last: a parent without it was interrupted and is replaced."""
PARENT_TAG = "mlflow.parentRunId"
MEASURED = (run_record.CURVE, "system/", "wall_seconds", "peak_rss_mb")
"""How the names begin of what is told beside a run's figures."""
RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """A run as MLflow keeps it."""

    run_id: str
    """MLflow's own id of the parent run."""
    flow_run_id: str
    """Our id: the branch `runs/<id>`, the measurements and the audit go by it."""
    experiment_id: str
    name: str
    started_unix_seconds: float
    settings: Mapping[str, str]
    figures: Mapping[str, float]
    tags: Mapping[str, str]


def published_runs(client: Client, limit: int = 1000) -> list[PublishedRun]:
    """The runs that were published whole, newest first."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return []
    whole = f"tags.kind = 'pipeline' and tags.`{COMPLETE}` = 'true'"
    order = ["attributes.start_time DESC"]
    found = client.search_runs([experiment.experiment_id], whole, max_results=limit, order_by=order)
    return [_published(run) for run in found]


def run_by_id(client: Client, run_id: str) -> PublishedRun:
    """The run with this id of MLflow's, whole.

    Raises:
        MlflowException: there is none.
    """
    return _published(client.get_run(run_id))


def published_run(client: Client, name: str) -> PublishedRun:
    """The run that `name` means: MLflow's id, our id, or the beginning of either.

    Raises:
        LookupError: no run or several runs go by that name.
    """
    runs = published_runs(client)
    found = [run for run in runs if name and (run.run_id.startswith(name) or run.flow_run_id.startswith(name))]
    if len(found) != 1:
        known = ", ".join(run.flow_run_id[:8] for run in runs[:5]) or "none; do one: kakehashi run"
        raise LookupError(f"{'No' if not found else 'More than one'} published run goes by {name!r}. Latest: {known}.")
    return found[0]


def published_as(client: Client, *, run_id: str = "", lock_md5: str = "") -> list[Run]:
    """Parent runs that MLflow holds: the one with this id, or all with the dvc.lock of this MD5, published whole."""
    if run_id:
        experiments = [each.experiment_id for each in client.search_experiments()]
        found = client.search_runs(experiments, f"attributes.run_id = '{run_id}'") if RUN_ID.fullmatch(run_id) else []
        parents = [run.data.tags.get(PARENT_TAG) for run in found]
        return [client.get_run(parent) if parent else run for run, parent in zip(found, parents, strict=True)]
    known = client.get_experiment_by_name(EXPERIMENT)
    wanted = f"tags.`dvc.lock.md5` = '{lock_md5}' and tags.kind = 'pipeline' and tags.`{COMPLETE}` = 'true'"
    return list(client.search_runs([known.experiment_id], wanted)) if known else []


def contradictions(client: Client, root: Path, parent: Run) -> Iterator[tuple[str, str, Any, Any]]:
    """Where MLflow says other than `root`'s settings and metrics files: run name, name, MLflow's value, the file's."""
    truth: dict[str, list[Mapping[str, Any]]] = {}
    settings = run_record.settings(root)
    truth[parent.info.run_id] = [run_record.headline_figures(root), settings]
    stages = stages_of(client, parent)
    for run in stages:
        stage = run.data.tags["dvc.stage"]
        truth[run.info.run_id] = [run_record.stage_figures(root, stage), run_record.stage_settings(settings, stage)]
    for run in [parent, *stages]:
        said: list[Mapping[str, Any]] = [run.data.metrics, run.data.params]
        for told, true in zip(said, truth[run.info.run_id], strict=True):
            apart = [name for name in {**true, **_of_files(told)} if told.get(name) != true.get(name)]
            yield from ((str(run.info.run_name), name, told.get(name), true.get(name)) for name in apart)


def _of_files(told: Mapping[str, Any]) -> dict[str, Any]:
    """What MLflow says that should stand in the files: all but curves, and measurements of the machine."""
    return {name: value for name, value in told.items() if not name.startswith(MEASURED)}


def stages_of(client: Client, parent: Run) -> list[Run]:
    """The children of a parent run, one a stage."""
    wanted = f"tags.`{PARENT_TAG}` = '{parent.info.run_id}' and tags.kind = 'stage'"
    return list(client.search_runs([parent.info.experiment_id], wanted))


def curves(client: Client, stage: Run) -> dict[str, set[tuple[int, float]]]:
    """Every curve that MLflow holds of a stage, by name: its points (step, value), none of them left out."""
    names = [name for name in stage.data.metrics if name.startswith(run_record.CURVE)]
    said = {name: client.get_metric_history(stage.info.run_id, name) for name in names}
    return {name: {(point.step, point.value) for point in points} for name, points in said.items()}


def data_of(client: Client, run: PublishedRun) -> dict[str, str]:
    """The MD5 by which DVC knows each data folder that the run's training and evaluation read."""
    inputs = client.get_run(run.run_id).inputs
    return {} if inputs is None else {each.dataset.name: each.dataset.digest for each in inputs.dataset_inputs}


def _published(run: Run) -> PublishedRun:
    tags = dict(run.data.tags)
    return PublishedRun(
        run_id=str(run.info.run_id),
        flow_run_id=tags.get("prefect.flow_run_id", ""),
        experiment_id=str(run.info.experiment_id),
        name=str(run.info.run_name),
        started_unix_seconds=run.info.start_time / 1000,
        settings=dict(run.data.params),
        figures=dict(run.data.metrics),
        tags=tags,
    )

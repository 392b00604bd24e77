"""Tell MLflow what a finished run did: settings, figures, curves, data, pages and the model. Read by people only."""

import csv
import json
import math
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Metric, Run
from mlflow.utils.logging_utils import disable_logging, enable_logging
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from components.outputs import read_json
from components.params import read_yaml
from components.serving import SIGNATURE, Student

EXPERIMENT = "kakehashi"
MODEL = "kakehashi-student"
COMPLETE = "kakehashi.complete"
"""The tag that is set last: a parent without it was interrupted and is replaced."""
CURVE_POINTS = 500
REQUIREMENTS = (
    "mlflow",
    "torch",
    "open_clip_torch",
    "numpy",
    "pandas",
    "pillow",
    "pydantic",
    "ruamel.yaml",
    "imagehash",
    "safetensors",
    "torchvision",
    "tqdm",
)
PAGES = ("data/report/index.html", "data/report/model_card.md", "data/report/data_card.md")
PICTURES = ("data/retrieve/sheet.png", "data/compose/preview.png")


def publish(
    root: Path,
    *,
    tracking_uri: str,
    measurements: Mapping[str, Any],
    tags: Mapping[str, str],
    note: str = "",
    artifact_folder: Path | None = None,
) -> str:
    """Record the run that stands in `root` as a parent run with one child per stage; returns the parent's id.

    A run is known by its tags `dvc.lock.md5` and `prefect.flow_run_id`: what is published already is left alone.

    Args:
        root: the project folder with params.yaml, dvc.lock and data/.
        tracking_uri: an MLflow server, or `sqlite:///…`.
        measurements: `stages`, a list of `stage`, `state`, `wall_seconds`, `peak_rss_bytes`, `started_unix_seconds`.
        tags: tags of the parent, the two above among them.
        note: what the person who started the run said about it.
        artifact_folder: where a new experiment keeps files; None leaves it to the server.
    """
    with _in_silence():
        mlflow.set_tracking_uri(tracking_uri)
        client = MlflowClient(tracking_uri)
        experiment_id = _experiment(client, artifact_folder)
        for earlier in _same_runs(client, experiment_id, tags):
            if earlier.data.tags.get(COMPLETE) == "true":
                return str(earlier.info.run_id)
            _delete(client, experiment_id, earlier)
        return _publish_new(client, experiment_id, root, list(measurements["stages"]), tags, note)


def prepare_database(file: Path, artifact_folder: Path) -> None:
    """Make MLflow's SQLite file with its tables and our experiment, unless it is there: it takes seconds, once.

    The file appears whole or not at all, and two at once do no harm.
    """
    if file.is_file():
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    try:
        with _in_silence():
            _experiment(MlflowClient(f"sqlite:///{draft}"), artifact_folder)
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _publish_new(
    client: MlflowClient,
    experiment_id: str,
    root: Path,
    stages: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str],
    note: str,
) -> str:
    began, ended = _span(stages)
    parent = client.create_run(experiment_id, start_time=began, run_name="pipeline", tags={**tags, "kind": "pipeline"})
    parent_id = str(parent.info.run_id)
    try:
        _tell_parent(client, parent_id, root, stages, note)
        for measured in stages:
            _tell_stage(client, experiment_id, parent_id, root, measured)
        _tell_model(parent_id, root)
        client.set_tag(parent_id, COMPLETE, "true")
        client.set_terminated(parent_id, "FINISHED", end_time=ended)
    except BaseException:
        client.set_terminated(parent_id, "FAILED")
        raise
    return parent_id


def _tell_parent(client: MlflowClient, run_id: str, root: Path, stages: Sequence[Mapping[str, Any]], note: str) -> None:
    metrics = dict(headline_metrics(root))
    metrics["wall_seconds"] = sum(float(stage["wall_seconds"]) for stage in stages)
    metrics["peak_rss_mb"] = max((stage["peak_rss_bytes"] / 1e6 for stage in stages), default=0.0)
    client.set_tag(run_id, "mlflow.note.content", _description(note, metrics))
    settings = read_yaml(root / "params.yaml")
    with mlflow.start_run(run_id=run_id):
        mlflow.log_params(dict(_flat_params(settings)))
        mlflow.log_metrics(metrics)
        _tell_datasets(root, "train", inputs_as="training", outputs_as=None)
        _tell_datasets(root, "evaluate", inputs_as="evaluation", outputs_as=None)
        for name in ("params.yaml", "dvc.yaml", "dvc.lock"):
            mlflow.log_artifact(str(root / name), "run")
        for folder, names in (("report", PAGES), ("pictures", PICTURES)):
            for name in names:
                if (root / name).is_file():
                    mlflow.log_artifact(str(root / name), folder)


def _tell_stage(
    client: MlflowClient, experiment_id: str, parent_id: str, root: Path, measured: Mapping[str, Any]
) -> None:
    stage = str(measured["stage"])
    began, ended = _span([measured])
    child = client.create_run(
        experiment_id,
        start_time=began,
        run_name=stage,
        tags={MLFLOW_PARENT_RUN_ID: parent_id, "kind": "stage", "dvc.stage": stage, "dvc.state": measured["state"]},
    )
    run_id = str(child.info.run_id)
    with mlflow.start_run(run_id=run_id, nested=True):
        mlflow.log_params(dict(_flat_params(read_yaml(root / "params.yaml").get(stage, {}))))
        mlflow.log_metrics(
            {
                **dict(_flat_metrics(_metrics(root, stage))),
                "wall_seconds": float(measured["wall_seconds"]),
                "peak_rss_mb": measured["peak_rss_bytes"] / 1e6,
            }
        )
        _tell_datasets(root, stage, inputs_as="input", outputs_as="output")
    points = [Metric(key, value, ended, step) for key, value, step in _curve(root / "data" / stage / "curve.csv")]
    for start in range(0, len(points), 1000):  # the most that MLflow takes at once
        client.log_batch(run_id, metrics=points[start : start + 1000])
    client.set_terminated(run_id, "FINISHED", end_time=ended)


def _tell_datasets(root: Path, stage: str, *, inputs_as: str, outputs_as: str | None) -> None:
    """Name the data a stage read and wrote, each with the MD5 that DVC knows it by."""
    locked = read_yaml(root / "dvc.lock").get("stages", {}).get(stage, {})
    wanted = [(entry, inputs_as) for entry in locked.get("deps", [])]
    wanted += [(entry, outputs_as) for entry in locked.get("outs", []) if outputs_as]
    data = [(entry, context) for entry, context in wanted if re.match(r"data/(?!metrics/)", entry["path"])]
    if data:
        mlflow.log_inputs(
            datasets=[
                MetaDataset(  # type: ignore[abstract]  # MLflow's own class lacks a body for an optional property
                    CodeDatasetSource({"dvc.path": entry["path"], "dvc.md5": entry["md5"]}),
                    name=entry["path"],
                    digest=entry["md5"],
                )
                for entry, _ in data
            ],
            contexts=[context for _, context in data],
            tags_list=[{"dvc.md5": entry["md5"], "dvc.size_bytes": str(entry.get("size", ""))} for entry, _ in data],
        )


def _tell_model(parent_id: str, root: Path) -> None:
    student, labels = root / "data" / "train", root / "data" / "retrieve" / "labels.json"
    if not (student / "open_clip_config.json").is_file() or not labels.is_file():
        return
    with mlflow.start_run(run_id=parent_id):
        mlflow.pyfunc.log_model(
            name="student",
            python_model=Student(),
            artifacts={"student": str(student), "labels": str(labels)},
            code_paths=[str(root / "components")],
            signature=SIGNATURE,
            pip_requirements=list(_pinned(REQUIREMENTS)),
            registered_model_name=MODEL,
        )


def experiment_of(run_id: str, tracking_uri: str) -> str:
    """Id of the experiment a run is in, as the addresses of MLflow's pages want it."""
    return str(MlflowClient(tracking_uri).get_run(run_id).info.experiment_id)


def headline_metrics(root: Path) -> Iterator[tuple[str, float]]:
    """The parent's figures: `roi/01_…` in the report's order, then student, base and gain, and each unseen domain."""
    for place, (key, value) in enumerate(_metrics(root, "report").items(), start=1):
        for name, figure in _flat_metrics({key: value}, separator="_"):  # none for what has no value, such as payback
            yield f"roi/{place:02d}_{name}", figure
    yield from _flat_metrics(_metrics(root, "evaluate"))


def _metrics(root: Path, stage: str) -> Mapping[str, Any]:
    file = root / "data" / "metrics" / f"{stage}.json"
    values: Mapping[str, Any] = read_json(file) if file.is_file() else {}
    return values


def _flat_metrics(values: Mapping[str, Any], prefix: str = "", separator: str = "/") -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        name = f"{prefix}{re.sub(r'[^/0-9A-Za-z_. :-]', '_', str(key))}"
        if isinstance(value, Mapping):
            yield from _flat_metrics(value, f"{name}{separator}", separator)
        elif isinstance(value, int | float) and math.isfinite(value):
            yield name, float(value)


def _flat_params(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat_params(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:6000]


def _curve(file: Path) -> Iterator[tuple[str, float, int]]:
    """Points of a training curve, thinned evenly to CURVE_POINTS steps, the last one kept."""
    if not file.is_file():
        return
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    stride = math.ceil(len(rows) / CURVE_POINTS) or 1
    for row in [*rows[:-1:stride], *rows[-1:]]:
        for term, text in row.items():
            if term != "step" and text and math.isfinite(float(text)):
                yield f"curve/{term}", float(text), int(float(row["step"]))


def _description(note: str, metrics: Mapping[str, float]) -> str:
    gain = metrics.get("gain/accuracy_points")
    lines = [note] if note else []
    if gain is not None:
        low, high = metrics.get("gain/accuracy_points_low", gain), metrics.get("gain/accuracy_points_high", gain)
        lines.append(f"Student against base on unseen domains: **{gain:+.1f} points** ({low:+.1f} to {high:+.1f}).")
    return "\n\n".join(lines)


def _experiment(client: MlflowClient, artifact_folder: Path | None) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    return client.create_experiment(EXPERIMENT, None if artifact_folder is None else artifact_folder.as_uri())


def _same_runs(client: MlflowClient, experiment_id: str, tags: Mapping[str, str]) -> list[Run]:
    key = " and ".join(f"tags.`{name}` = '{tags[name]}'" for name in ("dvc.lock.md5", "prefect.flow_run_id"))
    return list(client.search_runs([experiment_id], f"{key} and tags.kind = 'pipeline'"))


def _delete(client: MlflowClient, experiment_id: str, parent: Run) -> None:
    """Withdraw a half-published run: its children, its model versions, itself."""
    parent_id = parent.info.run_id
    for child in client.search_runs([experiment_id], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent_id}'"):
        client.delete_run(child.info.run_id)
    for model in client.search_model_versions(f"run_id = '{parent_id}'"):
        client.delete_model_version(model.name, model.version)
    client.delete_run(parent_id)


def _span(stages: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """First start and last end, in milliseconds since 1970 as MLflow counts."""
    starts = [float(stage["started_unix_seconds"]) for stage in stages] or [0.0]
    ends = [float(stage["started_unix_seconds"]) + float(stage["wall_seconds"]) for stage in stages] or [0.0]
    return int(1000 * min(starts)), int(1000 * max(ends))


@contextmanager
def _in_silence() -> Iterator[None]:
    """Keep MLflow's own words and bars off the terminal; what goes wrong is raised all the same."""
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    disable_logging()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        enable_logging()


def _pinned(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        try:
            yield f"{name}=={version(name)}"
        except PackageNotFoundError:
            continue

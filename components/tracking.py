"""The one door to MLflow: tell it what a finished run did, and fetch the files it was given. No stage reads it."""

import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run
from mlflow.models.model import ModelInfo
from mlflow.utils.logging_utils import disable_logging, enable_logging
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_RUN_NOTE

from components import reach, registry, run_record, views
from components.params import read_yaml
from components.published import COMPLETE, EXPERIMENT, PARENT_TAG, PublishedRun
from components.serving import SIGNATURE, Student

Client = MlflowClient
MONITORING = "kakehashi-monitor"
"""The experiment of what `kakehashi monitor` saw."""
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
CARDS = ("data/report/model_card.md", "data/report/data_card.md")
PAGES = ("data/report/index.html", *CARDS)
PICTURES = ("data/retrieve/sheet.png", "data/compose/preview.png")
PREDICTIONS = "data/evaluate/predictions.parquet"
"""What base and student took each evaluation image for: two runs are compared image by image."""
SERVING = "components/serving.py"
MOST_AT_ONCE, MOST_PARAMS = 1000, 100
"""How many figures and settings together, and how many settings, MLflow takes in one request."""


def publish(
    root: Path,
    *,
    tracking_uri: str,
    measurements: Mapping[str, Any],
    tags: Mapping[str, str],
    note: str = "",
    comparison: str = "",
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
        comparison: what changed against the champion, in Markdown.
        artifact_folder: where a new experiment keeps files; None leaves it to the server.
    """
    with in_silence():
        mlflow.set_tracking_uri(tracking_uri)
        client = Client(tracking_uri)
        experiment_id = _experiment(client, EXPERIMENT, artifact_folder)
        _keep_view(client, experiment_id, root)
        for earlier in _same_runs(client, experiment_id, tags):
            if earlier.data.tags.get(COMPLETE) == "true":
                return str(earlier.info.run_id)
            _delete(client, experiment_id, earlier)
        words = Words(note, comparison)
        return _publish_new(client, experiment_id, root, list(measurements["stages"]), tags, words)


def prepare_database(file: Path, artifact_folder: Path) -> None:
    """Make MLflow's SQLite file with its tables and our experiment, unless it is there: it takes seconds, once.

    The file appears whole or not at all, and two at once do no harm.
    """
    if file.is_file():
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    try:
        with in_silence():
            _experiment(Client(f"sqlite:///{draft}"), EXPERIMENT, artifact_folder)
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class Words:
    """What people say and read about a run."""

    note: str
    comparison: str

    def description(self, figures: Mapping[str, float]) -> str:
        """The parent's description, in Markdown."""
        lines = [self.note] if self.note else []
        gain = figures.get("gain/accuracy_points")
        if gain is not None:
            low, high = figures.get("gain/accuracy_points_low", gain), figures.get("gain/accuracy_points_high", gain)
            lines.append(f"Student against base on unseen domains: **{gain:+.1f} points** ({low:+.1f} to {high:+.1f}).")
        return "\n\n".join([*lines, self.comparison] if self.comparison else lines)

    @property
    def run_name(self) -> str:
        """The first line of the note, short enough for a table's column."""
        line = self.note.strip().partition("\n")[0]
        return f"{line[:59]}…" if len(line) > 60 else line or "pipeline"


def _publish_new(
    client: Client,
    experiment_id: str,
    root: Path,
    stages: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str],
    words: Words,
) -> str:
    began, ended = _span(stages)
    parent_tags = {**tags, "kind": "pipeline"}
    parent = client.create_run(experiment_id, start_time=began, run_name=words.run_name, tags=parent_tags)
    parent_id = str(parent.info.run_id)
    settings = run_record.settings(root)
    data_of = {name: list(_data(locked)) for name, locked in read_yaml(root / "dvc.lock").get("stages", {}).items()}
    try:
        _tell(client, parent_id, settings=settings)
        model = _tell_model(parent_id, root)  # before the figures: MLflow asks for each one's history
        _tell_parent(client, parent_id, root, stages, words, str(model.model_id) if model else None)
        read = [(entry, "training") for entry, output in data_of.get("train", []) if not output]
        read += [(entry, "evaluation") for entry, output in data_of.get("evaluate", []) if not output]
        _tell_data(client, parent_id, read)
        for measured in stages:
            stage = str(measured["stage"])
            child_id = _tell_stage(client, experiment_id, parent_id, root, settings, measured)
            _tell_data(
                client,
                child_id,
                [(entry, "output" if output else "input") for entry, output in data_of.get(stage, [])],
            )
            client.set_terminated(child_id, "FINISHED", end_time=_span([measured])[1])
        if model:
            cards = [(root / name).read_text(encoding="utf-8") for name in CARDS if (root / name).is_file()]
            registry.challenge(client, int(str(model.registered_model_version)), cards)
        client.set_tag(parent_id, COMPLETE, "true")
        client.set_terminated(parent_id, "FINISHED", end_time=ended)
    except BaseException:
        client.set_terminated(parent_id, "FAILED")
        raise
    return parent_id


def _tell_parent(
    client: Client,
    run_id: str,
    root: Path,
    stages: Sequence[Mapping[str, Any]],
    words: Words,
    model_id: str | None,
) -> None:
    figures = run_record.headline_figures(root)
    figures["wall_seconds"] = sum(float(stage["wall_seconds"]) for stage in stages)
    figures["peak_rss_mb"] = max((stage["peak_rss_bytes"] / 1e6 for stage in stages), default=0.0)
    client.set_tag(run_id, MLFLOW_RUN_NOTE, words.description(figures))
    ended = _span(stages)[1]
    _tell(client, run_id, [Metric(name, value, ended, 0, model_id, run_id=run_id) for name, value in figures.items()])
    for name in ("params.yaml", "dvc.yaml", "dvc.lock"):
        client.log_artifact(run_id, str(root / name), "run")
    for folder, names in (("report", PAGES), ("pictures", PICTURES), ("evaluate", (PREDICTIONS,))):
        for name in names:
            if (root / name).is_file():
                client.log_artifact(run_id, str(root / name), folder)


def _tell_stage(
    client: Client,
    experiment_id: str,
    parent_id: str,
    root: Path,
    settings: Mapping[str, str],
    measured: Mapping[str, Any],
) -> str:
    """The stage's child run with its settings, figures and curve; returns its id."""
    stage = str(measured["stage"])
    began, ended = _span([measured])
    child = client.create_run(
        experiment_id,
        start_time=began,
        run_name=stage,
        tags={PARENT_TAG: parent_id, "kind": "stage", "dvc.stage": stage, "dvc.state": measured["state"]},
    )
    figures = run_record.stage_figures(root, stage) | {  # the last two: MLflow's page has a tab for that name
        "system/wall_seconds": float(measured["wall_seconds"]),
        "system/peak_rss_mb": measured["peak_rss_bytes"] / 1e6,
    }
    points = [(name, value, 0) for name, value in figures.items()]
    points += run_record.curve(root / "data" / stage / "curve.csv")
    metrics = [Metric(name, value, ended, step) for name, value, step in points]
    _tell(client, str(child.info.run_id), metrics, run_record.stage_settings(settings, stage))
    return str(child.info.run_id)


def _tell(
    client: Client, run_id: str, metrics: Sequence[Metric] = (), settings: Mapping[str, str] | None = None
) -> None:
    """Figures and settings in as few words as MLflow takes at once."""
    params = [Param(name, value) for name, value in (settings or {}).items()]
    while metrics or params:
        some = params[:MOST_PARAMS]
        room = MOST_AT_ONCE - len(some)
        client.log_batch(run_id, metrics=metrics[:room], params=some)
        metrics, params = metrics[room:], params[MOST_PARAMS:]


def _data(locked: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """The data a stage of dvc.lock read and wrote, and whether it is an output; code and figures are left out."""
    for kind in ("deps", "outs"):
        for entry in locked.get(kind, []):
            if re.match(r"data/(?!metrics/)", entry["path"]):
                yield entry, kind == "outs"


def _tell_data(client: Client, run_id: str, data: Sequence[tuple[Mapping[str, Any], str]]) -> None:
    """Name data and what the run had them for, each with the MD5 that DVC knows it by."""
    inputs = [
        DatasetInput(
            Dataset(
                name=entry["path"],
                digest=entry["md5"],
                source_type="code",  # MLflow's word for a source that is told by tags alone
                source=json.dumps({"tags": {"dvc.path": entry["path"], "dvc.md5": entry["md5"]}}),
            ),
            [
                InputTag(MLFLOW_DATASET_CONTEXT, context),
                InputTag("dvc.md5", entry["md5"]),
                InputTag("dvc.size_bytes", str(entry.get("size", ""))),
            ],
        )
        for entry, context in data
    ]
    if inputs:
        client.log_inputs(run_id, inputs)


def _tell_model(parent_id: str, root: Path) -> ModelInfo | None:
    """Log the student and register it; None if the run left no student."""
    student, labels = root / "data" / "train", root / "data" / "retrieve" / "labels.json"
    if not (student / "open_clip_config.json").is_file() or not labels.is_file():
        return None
    with mlflow.start_run(run_id=parent_id), tempfile.TemporaryDirectory() as folder:
        for file in reach.modules_behind(root / SERVING, root):
            copy = Path(folder) / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        return mlflow.pyfunc.log_model(
            name="student",
            python_model=Student(),
            artifacts={"student": str(student), "labels": str(labels)},
            code_paths=[str(Path(folder) / "components")],
            signature=SIGNATURE,
            pip_requirements=list(_pinned(REQUIREMENTS)),
            registered_model_name=registry.MODEL,
        )


def experiment_of(run_id: str, tracking_uri: str) -> str:
    """Id of the experiment a run is in, as the addresses of MLflow's pages want it."""
    return str(Client(tracking_uri).get_run(run_id).info.experiment_id)


def connect(tracking_uri: str) -> Client:
    """A client for the functions below, for `published` and for `registry`."""
    with in_silence():
        mlflow.set_tracking_uri(tracking_uri)
        return Client(tracking_uri)


def predictions_of(client: Client, run: PublishedRun, folder: Path) -> Path | None:
    """The run's answers for each evaluation image, fetched into `folder`; None if they were not published."""
    place = f"evaluate/{Path(PREDICTIONS).name}"
    with in_silence():
        if place not in [file.path for file in client.list_artifacts(run.run_id, "evaluate")]:
            return None
        return Path(client.download_artifacts(run.run_id, place, str(folder)))


@contextmanager
def student_files(version: int) -> Iterator[tuple[Path, Path]]:
    """The model folder and the label file of a registered version, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        with in_silence():
            address = f"models:/{registry.MODEL}/{version}"
            model = Path(mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=folder))
        kept = read_yaml(model / "MLmodel")["flavors"]["python_function"]["artifacts"]
        yield model / kept["student"]["path"], model / kept["labels"]["path"]


def tell_monitoring(
    client: Client, figures: Mapping[str, float], tags: Mapping[str, str], artifact_folder: Path | None
) -> str:
    """Record one look at recent inputs as a run of the experiment `kakehashi-monitor`; returns its id."""
    with in_silence():
        experiment_id = _experiment(client, MONITORING, artifact_folder)
        run = client.create_run(experiment_id, run_name=tags.get("recent", "monitor"), tags=dict(tags))
        run_id = str(run.info.run_id)
        client.log_batch(
            run_id, metrics=[Metric(name, value, run.info.start_time, 0) for name, value in figures.items()]
        )
        client.set_terminated(run_id, "FINISHED")
        return run_id


def _experiment(client: Client, name: str, artifact_folder: Path | None) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    return client.create_experiment(name, None if artifact_folder is None else artifact_folder.as_uri())


def _keep_view(client: Client, experiment_id: str, root: Path) -> None:
    experiment = client.get_experiment(experiment_id)
    view = views.roi_first(run_record.headline_figures(root), experiment.creation_time or 0)
    if experiment.tags.get(views.TAG) != view:
        client.set_experiment_tag(experiment_id, views.TAG, view)


def _same_runs(client: Client, experiment_id: str, tags: Mapping[str, str]) -> list[Run]:
    key = " and ".join(f"tags.`{name}` = '{tags[name]}'" for name in ("dvc.lock.md5", "prefect.flow_run_id"))
    return list(client.search_runs([experiment_id], f"{key} and tags.kind = 'pipeline'"))


def _delete(client: Client, experiment_id: str, parent: Run) -> None:
    """Withdraw a half-published run: its children, its model versions, itself."""
    parent_id = parent.info.run_id
    for child in client.search_runs([experiment_id], f"tags.`{PARENT_TAG}` = '{parent_id}'"):
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
def in_silence() -> Iterator[None]:
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

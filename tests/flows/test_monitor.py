"""A look at recent inputs from the files to the records."""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from flows.monitor import watch
from flows.servers import free_port
from tests.watched import IMAGES, make_student

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_look_is_a_json_line_and_a_run_in_mlflow(tmp_path: Path, picture, monkeypatch: pytest.MonkeyPatch) -> None:
    make_student(tmp_path, picture)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "operations.yaml").write_text((ROOT / "infra" / "operations.yaml").read_text())
    (tmp_path / "same" / "broken.png").write_bytes(b"no image")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)

    same, inverted = (watch(tmp_path, tmp_path / name) for name in ("same", "inverted"))
    assert same.passed_bounds == []
    assert same.drift.broken_images == 1
    assert any(said.startswith("MMD²") for said in inverted.passed_bounds)
    assert same.warning == "No champion is known."

    lines = [json.loads(line) for line in same.record.read_text().splitlines()]
    assert [(line["images"], line["drifted"]) for line in lines] == [(IMAGES, False), (IMAGES, True)]
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("kakehashi-monitor")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    recorded = {run.data.tags["drifted"]: run.data.metrics["mmd2"] for run in runs}
    assert recorded == {"False": same.drift.test.mmd2, "True": inverted.drift.test.mmd2}

    nobody = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nobody)
    alone = watch(tmp_path, tmp_path / "inverted")
    silent = f"MLflow does not answer on {nobody}. Start it (make up), or unset MLFLOW_TRACKING_URI."
    assert alone.warning == (
        f"{silent} Who the champion is could not be asked: the checkout's own student looked. "
        f"MLflow could not be told: {silent}"
    )
    assert alone.passed_bounds == inverted.passed_bounds
    assert len(alone.record.read_text().splitlines()) == 3

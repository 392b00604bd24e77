"""Publishing to a real MLflow in a SQLite file: what it holds, twice the same, and the model in a fresh process."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from PIL import Image

from components import published as runs
from components import registry, tracking, views
from tests.published import TAGS, make_project, publish, uri


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest folder that a finished run could leave."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def published(project: Path) -> tuple[MlflowClient, str]:
    return MlflowClient(uri(project)), publish(project)


def everything(client: MlflowClient) -> list[Run]:
    return list(client.search_runs(["0", "1"]))


def children(client: MlflowClient, parent: str) -> dict[str, Run]:
    found = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent}'")
    return {str(run.info.run_name): run for run in found}


def test_the_parent_shows_business_first_then_base_and_student(published: tuple[MlflowClient, str]) -> None:
    client, run_id = published
    run = client.get_run(run_id)
    assert run.data.metrics == {
        "roi/01_saved_usd": 100.0,
        "roi/02_accuracy_gain_points": 25.0,
        "base/mean_accuracy": 0.25,
        "student/mean_accuracy": 0.5,
        "gain/accuracy_points": 25.0,
        "gain/accuracy_points_low": 20.0,
        "gain/accuracy_points_high": 30.0,
        "wall_seconds": 60.5,
        "peak_rss_mb": 2000.0,
    }
    assert {name: run.data.tags[name] for name in TAGS} == TAGS
    assert run.data.tags["kind"] == "pipeline"
    assert run.data.tags["mlflow.note.content"] == (
        "Why.\n\nStudent against base on unseen domains: **+25.0 points** (+20.0 to +30.0)."
    )
    assert (run.info.status, run.info.start_time, run.info.end_time) == ("FINISHED", 1_000_000, 1_061_000)


def test_everybody_finds_a_view_with_the_figures_of_the_business_first(published: tuple[MlflowClient, str]) -> None:
    client, _ = published
    view = json.loads(client.get_experiment("1").tags[views.TAG])
    assert view["name"] == "Return on investment"
    assert json.loads(view["state"])["selectedColumns"] == [
        "metrics.`roi/01_saved_usd`", "metrics.`roi/02_accuracy_gain_points`",
    ]  # fmt: skip


def test_each_stage_is_a_child_with_its_settings_figures_and_curve(published: tuple[MlflowClient, str]) -> None:
    client, run_id = published
    stages = children(client, run_id)
    assert sorted(stages) == ["collect", "train"]
    train = stages["train"]
    assert train.data.params == {"steps": "3", "optimiser.rate": "0.5", "optimiser.names": '["a", "b"]'}
    assert train.data.tags["dvc.state"] == "ran"
    expected = {"loss/clip": 0.25, "loss/gap": 0.5, "system/wall_seconds": 60.0, "system/peak_rss_mb": 2000.0}
    assert {name: train.data.metrics[name] for name in expected} == expected
    for term, points in {"clip": [(0, 2.0), (1, 1.0), (2, 0.5)], "gap": [(0, 1.0), (2, 0.25)]}.items():
        history = client.get_metric_history(train.info.run_id, f"curve/{term}")
        assert sorted((point.step, point.value) for point in history) == points


def test_data_sets_carry_the_hashes_dvc_knows(published: tuple[MlflowClient, str]) -> None:
    client, run_id = published
    train = client.get_run(children(client, run_id)["train"].info.run_id)
    named = {
        (given.dataset.name, given.dataset.digest, tag.value)
        for given in train.inputs.dataset_inputs
        for tag in given.tags
        if tag.key == "mlflow.data.context"
    }
    assert named == {("data/collect", "aa.dir", "input"), ("data/train", "dd.dir", "output")}


def test_report_cards_and_lock_are_at_hand(published: tuple[MlflowClient, str]) -> None:
    client, run_id = published
    for folder, expected in {
        "report": ["index.html", "model_card.md"],
        "run": ["dvc.lock", "dvc.yaml", "params.yaml"],
    }.items():
        assert [Path(file.path).name for file in client.list_artifacts(run_id, folder)] == expected


def test_publishing_twice_changes_nothing(project: Path, published: tuple[MlflowClient, str]) -> None:
    client, run_id = published
    before = [run.to_dictionary() for run in everything(client)]
    assert publish(project) == run_id
    assert [run.to_dictionary() for run in everything(client)] == before
    assert len(client.search_model_versions("name = 'kakehashi-student'")) == 1


def test_words_name_the_run_and_end_with_the_comparison() -> None:
    words = tracking.Words("Longer training.\nMore.", "### Against the champion")
    assert words.run_name == "Longer training."
    assert words.description({"gain/accuracy_points": 2.0}).split("\n\n") == [
        "Longer training.\nMore.",
        "Student against base on unseen domains: **+2.0 points** (+2.0 to +2.0).",
        "### Against the champion",
    ]
    assert tracking.Words("", "").run_name == "pipeline"
    assert len(tracking.Words("x" * 61, "").run_name) == 60


def test_an_interrupted_publication_is_replaced(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = MlflowClient(uri(project))

    def full_disk(client: MlflowClient, run_id: str, data: list[tuple[dict[str, str], str]]) -> None:
        if data and data[0][1] == "input":  # the model is registered by then, and both children exist
            raise OSError("No space left on device")

    challenging = registry.version_by_alias(client, registry.CHALLENGER)
    with monkeypatch.context() as patched:
        patched.setattr(tracking, "_tell_data", full_disk)
        with pytest.raises(OSError, match="No space left"):
            publish(project, **{"prefect.flow_run_id": "r2", "dvc.lock.md5": "4567"})
    assert runs.published_as(client, lock_md5="4567") == []  # told in half, it is no witness against others
    assert registry.version_by_alias(client, registry.CHALLENGER) == challenging
    run_id = publish(project, **{"prefect.flow_run_id": "r2", "dvc.lock.md5": "4567"})
    assert [run.info.run_id for run in runs.published_as(client, lock_md5="4567")] == [run_id]
    (only,) = client.search_runs(["1"], "tags.`prefect.flow_run_id` = 'r2' and tags.kind = 'pipeline'")
    assert (only.info.run_id, only.info.status) == (run_id, "FINISHED")
    assert len(children(client, run_id)) == 2
    assert [model.run_id for model in client.search_model_versions("name = 'kakehashi-student'")].count(run_id) == 1


def test_the_model_shows_the_figures_of_its_run(published: tuple[MlflowClient, str]) -> None:
    client, run_id = published
    (model,) = [each for each in client.search_logged_models(["1"]) if each.source_run_id == run_id]
    assert {metric.key: metric.value for metric in model.metrics or []} == client.get_run(run_id).data.metrics
    assert model.params == client.get_run(run_id).data.params


def test_more_settings_and_figures_than_one_request_takes(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    many = {f"s{number:03d}": number for number in range(250)}
    (root / "params.yaml").write_text(json.dumps({"collect": many, "train": {}}))
    (root / "data/train/curve.csv").write_text(
        "step,a,b,c,d,e\n" + "".join(f"{step},1,2,3,4,5\n" for step in range(500))
    )  # half of them are told
    client, run_id = MlflowClient(uri(root)), publish(root)
    assert client.get_run(run_id).data.params == {f"collect.{name}": str(value) for name, value in many.items()}
    stages = children(client, run_id)
    assert len(stages["collect"].data.params) == 250
    for term in "abcde":
        assert len(client.get_metric_history(stages["train"].info.run_id, f"curve/{term}")) == 251


@pytest.mark.slow
def test_the_student_answers_in_a_fresh_process(
    tmp_path: Path, project: Path, published: tuple[MlflowClient, str]
) -> None:
    """The toy model sees brightness: white is 1, so [1, 1]/√2; a text of 3 letters with mean 3 is the same vector."""
    png = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(png, "png")
    script = f"""
import base64, json, sys, mlflow, pandas as pd
mlflow.set_tracking_uri({uri(project)!r})
student = mlflow.pyfunc.load_model("models:/kakehashi-student/1")
file = base64.b64decode({base64.b64encode(png.getvalue()).decode()!r})
print(json.dumps({{
    "bytes": student.predict(pd.DataFrame({{"images": [file]}})).tolist(),
    "base64": student.predict(pd.DataFrame({{"images": [base64.b64encode(file).decode()]}})).tolist(),
    "texts": student.predict(pd.DataFrame({{"texts": ["abc"]}})).tolist(),
    "labels": student.predict(pd.DataFrame({{"texts": ["a bolt"]}}), params={{"output": "labels"}}).to_dict("list"),
    "inputs": [column.name for column in student.metadata.signature.inputs],
    "elsewhere": [name for name, module in sys.modules.items() if name.partition(".")[0] == "components"
                  and "/artifacts/code/components/" not in str(module.__file__)],
}}))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    for door in ("bytes", "base64", "texts"):
        assert answer[door] == [pytest.approx([np.sqrt(0.5), np.sqrt(0.5)])]
    assert list(answer["labels"]) == ["bolt", "washer"]
    assert answer["labels"]["bolt"] == [pytest.approx(1.0)]  # "a bolt" is the label's own text
    assert answer["inputs"] == ["images", "texts"]
    assert answer["elsewhere"] == []  # the model carries all of our code that it runs


def test_a_database_made_beforehand_is_whole_and_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    tracking.prepare_database(database, tmp_path / "artifacts")
    made = database.read_bytes()
    assert MlflowClient(f"sqlite:///{database}").get_experiment_by_name("kakehashi") is not None
    tracking.prepare_database(database, tmp_path / "elsewhere")
    assert database.read_bytes() == made
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mlflow.db"]

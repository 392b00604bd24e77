"""Recomputing a recorded result from its sources alone: an honest one is met, and each planted fault is named."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows import auditor, dvc_settings, machine, packages, summary, workspace
from flows.audit import markdown
from flows.auditor import audit
from flows.certificate import Certificate
from flows.dvc import dvc_does
from flows.environment import child_environment
from flows.publish import tell_mlflow
from flows.store import Store, hash_of
from flows.workspace import WorkspaceError, git
from tests.flows.conftest import IDENTITY, make_toy

pytestmark = pytest.mark.slow
STAGES = ["collect", "retrieve", "train", "evaluate", "report"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy project with a run in the checkout, committed as people do."""
    folder = tmp_path_factory.mktemp("recording")
    with pytest.MonkeyPatch.context() as patch:
        own_environment(patch, folder)
        root = make_toy(folder / "toy")
        (root / "requirements.lock").write_text(f"numpy=={packages.installed('numpy')}\n")
        dvc_does(root, child_environment(root), "repro", "--quiet")
        machine.record(root, None, STAGES)
        commit(root, "a run")
    return root


@pytest.fixture
def recorded(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recording, to do with as one likes."""
    own_environment(monkeypatch, tmp_path)
    return shutil.copytree(recording, tmp_path / "recorded", symlinks=True)


def own_environment(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(folder / "site")}.items():
        patch.setenv(name, value)
    for name in ("KAKEHASHI_HOME", "PREFECT_HOME", "PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        patch.delenv(name, raising=False)


def commit(toy: Path, message: str) -> None:
    git(toy, "add", "--all")
    git(toy, "commit", "--quiet", "-m", message)


def audited(toy: Path, asked: str = "HEAD") -> Certificate:
    return audit(toy, asked, say=lambda text: None)


def command(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`kakehashi` in a project, as a person calls it."""
    env = {**child_environment(root), "KAKEHASHI_HOME": ""}
    run = [sys.executable, "-m", "flows.cli", *words]
    return subprocess.run(run, cwd=root, env=env, capture_output=True, text=True)


def kinds(certificate: Certificate) -> list[str]:
    return [finding.kind for finding in certificate.findings]


def object_of(toy: Path, name: str) -> Path:
    """Where the cache keeps the content of a file of the checkout."""
    return Store(dvc_settings.cache_folder(toy)).place(hash_of(toy / name))


def write_over(file: Path, content: bytes) -> None:
    """Change a file's content although DVC has made it read-only, and not that of its other names."""
    file.unlink()
    file.write_bytes(content)


def test_an_honest_run_is_identical_and_its_certificate_says_by_what(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = audited(recorded)
    assert (found.verdict, found.findings, found.figures, found.holds) == ("identical", (), (), True)
    assert [stage.name for stage in found.stages] == STAGES
    assert all(output.then == output.now for stage in found.stages for output in stage.outputs)
    assert found.then == found.now
    assert "17 recorded objects" in " ".join(found.notes)  # 5 folders' lists, and 1 + 1 + 3 + 3 + 4 files in them
    assert git(recorded, "status", "--porcelain") == ""
    summary.show_certificate(found)
    in_prefect, in_terminal = markdown(found), " ".join(capsys.readouterr().out.split())
    assert found.notes and all(f"- {note}" in in_prefect and note in in_terminal for note in found.notes)
    values = json.loads(found.write(recorded / "out")[0].read_text())
    assert (values["verdict"], values["holds"], values["subject"]["message"]) == ("identical", True, "a run")
    page = (recorded / "out" / "certificate.html").read_text()
    assert "完全一致" in page and found.subject.commit in page
    assert not any(word in page for word in ("http:", "https:", "<script", "src=", str(recorded)))


def test_one_changed_byte_in_the_cache_is_named(recorded: Path) -> None:
    kept = object_of(recorded, "data/collect/numbers.csv")
    write_over(kept, kept.read_bytes().replace(b"5", b"6"))
    found = audited(recorded)
    assert (found.verdict, kinds(found), found.holds) == ("identical", ["cache"], False)
    assert "data/collect/numbers.csv" in found.findings[0].sentence


def test_a_missing_object_is_named(recorded: Path) -> None:
    object_of(recorded, "data/train/curve.csv").unlink()
    found = audited(recorded)
    assert (found.verdict, kinds(found)) == ("identical", ["cache"])
    assert "lacks recorded data: data/train/curve.csv." in found.findings[0].sentence


def test_data_changed_in_the_checkout_is_named(recorded: Path) -> None:
    write_over(recorded / "data" / "report" / "index.html", b"<p>99 points</p>\n")
    found = audited(recorded)
    assert (found.verdict, kinds(found)) == ("identical", ["checkout"])
    assert "data/report/index.html" in found.findings[0].sentence


def test_a_setting_edited_after_the_fact_is_named_with_both_values(recorded: Path) -> None:
    params = recorded / "params.yaml"
    params.write_text(params.read_text().replace("rate: 0.5", "rate: 0.25"))
    commit(recorded, "it always was a quarter")
    found = audited(recorded)
    assert (found.verdict, kinds(found)) == ("different", ["settings"])
    assert "train.rate is 0.25, locked 0.5" in found.findings[0].sentence
    assert [(change.field, change.before, change.after) for change in found.subject.changes] == [
        ("train.rate", "0.5", "0.25")
    ]
    (train,) = [stage for stage in found.stages if stage.name == "train"]
    (model,) = [output for output in train.outputs if output.path == "data/train"]
    assert "1 of 3 files differ; first curve.csv" in model.difference
    assert "row 1, column loss: 0.5 then, 0.75 now" in model.difference
    # after s steps the loss is 0.5^s then and 0.75^s now; they are furthest apart at s = 2: 0.5625 - 0.25
    assert "largest difference of a number is 0.3125, in column loss" in model.difference
    (loss,) = [figure for figure in found.figures if figure.name == "train.last.loss"]
    assert (loss.then, loss.now, loss.within) == (0.000488, 0.042235, False)  # 0.5^11, 0.75^11


def test_code_changed_after_the_fact_is_named(recorded: Path) -> None:
    code = recorded / "components" / "report" / "__main__.py"
    code.write_text(code.read_text().replace("# Toy data", "# Toy facts"))
    commit(recorded, "other words")
    found = audited(recorded)
    assert kinds(found) == ["code"]
    assert "Stage report: components/report of the commit" in found.findings[0].sentence
    assert found.verdict == "equivalent"  # the page differs in its bytes; every figure is the recorded one


def test_a_figure_improved_by_hand_is_found_out(recorded: Path) -> None:
    figures = recorded / "data" / "metrics" / "report.json"
    figures.write_text(figures.read_text().replace("1125", "2250"))
    commit(recorded, "a better figure")
    found = audited(recorded)
    assert (found.verdict, kinds(found)) == ("different", ["metrics"])
    assert "data/metrics/report.json" in found.findings[0].sentence
    assert [(figure.name, figure.then, figure.now) for figure in found.figures] == [
        ("report.saved_usd", 2250.0, 1125.0)
    ]


def test_another_version_of_a_library_is_named(
    recorded: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other version is feigned: metadata of a NumPy 1.0 before the true one on the path."""
    metadata = tmp_path / "feigned" / "numpy-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(metadata.parent), str(recorded)]))
    done = command(recorded, "audit", "--out", "out")
    assert done.returncode == 1, done.stderr
    values = json.loads((recorded / "out" / "certificate.json").read_text())
    assert values["verdict"] == "identical"
    assert [finding["kind"] for finding in values["findings"]] == ["environment"]
    assert "This audit ran with packages other than locked: numpy 1.0" in values["findings"][0]["sentence"]
    assert values["then"]["numerical"]["numpy"] != values["now"]["numerical"]["numpy"] == "1.0"
    assert "✗ environment: This audit ran with" in done.stdout
    assert "Running stage 'train'" in done.stderr


def test_a_run_made_with_another_version_is_named(toy: Path) -> None:
    (toy / "requirements.lock").write_text("numpy==1.0\n")
    dvc_does(toy, child_environment(toy), "repro", "--quiet")
    machine.record(toy, None, ["train"])
    commit(toy, "a run, with what was at hand")
    found = audited(toy)
    assert kinds(found) == ["environment", "environment"]  # then as now
    assert "The run was made with packages other than locked: numpy" in found.findings[0].sentence
    assert found.ran_then == ("train",)


def test_a_run_in_a_dirty_checkout_is_named_after_all_was_committed_without_mlflow(toy: Path) -> None:
    dvc_does(toy, child_environment(toy), "repro", "--quiet")
    machine.record(toy, None, STAGES, ["components/train.py", "new.txt"])
    commit(toy, "a run, and what it was made with")
    found = audited(toy)
    assert (found.verdict, kinds(found)) == ("identical", ["uncommitted"])
    assert found.findings[0].sentence.endswith("with uncommitted changes: components/train.py, new.txt.")


def test_a_dirty_recording_is_named_with_its_files(toy: Path) -> None:
    wage = toy / "params.yaml"
    wage.write_text(wage.read_text().replace("wage: 30.0", "wage: 40.0"))
    (toy / "new.txt").write_text("untracked\n")
    place = workspace.private_clone(toy, "r1")
    dvc_does(place.root, place.environment, "repro", "--quiet")
    machine.record(place.root, None, ["report"])
    workspace.publish_branch(place, "r1", "run r1\n\nmore wages")
    workspace.remove(place)
    found = audited(toy, "r1")
    assert (found.verdict, kinds(found)) == ("identical", ["uncommitted"])
    assert found.findings[0].sentence.endswith("new.txt, params.yaml.")
    subject = found.subject
    assert (subject.run_id, subject.branch, subject.note) == ("r1", "runs/r1", "more wages")
    assert [(change.field, change.before, change.after) for change in subject.changes] == [
        ("report.wage", "30.0", "40.0")
    ]
    assert found.then is not None and found.then.processor == found.now.processor


def test_what_is_edited_in_mlflow_is_named_and_its_run_is_a_handle(recorded: Path) -> None:
    (recorded / ".kakehashi").mkdir()
    stage = {"state": "ran", "wall_seconds": 1.0, "peak_rss_bytes": 1, "started_unix_seconds": 1.0}
    stages = [{"stage": name, **stage} for name in ("train", "report")]
    place, began = workspace.checkout(recorded), {"uncommitted": ["new.txt"], "stages": stages}
    told = tell_mlflow(place, {"run_id": "r1", "commit": git(recorded, "rev-parse", "HEAD"), **began})
    assert told.trouble == ""
    honest = audited(recorded, told.run_id)
    assert (honest.verdict, kinds(honest)) == ("identical", [])
    for what in ("figures and settings", "curves"):
        assert f"MLflow's run {told.run_id} has the recorded {what}." in honest.notes
    assert "uncommitted changes: new.txt. The result was committed before." in " ".join(honest.notes)

    dirty = tell_mlflow(place, {"run_id": "r2", "commit": git(recorded, "rev-parse", "HEAD^"), **began})
    from mlflow import MlflowClient

    client = MlflowClient(told.link)
    client.log_metric(told.run_id, "gain/accuracy_points", 75.0)
    edited = f"tags.`dvc.stage` = 'train' and tags.`mlflow.parentRunId` = '{told.run_id}'"
    (train,) = client.search_runs(["1"], edited)
    client.log_metric(train.info.run_id, "curve/loss", 0.25, step=3)  # 0.5 each step: 0.125 by then
    client.log_metric(train.info.run_id, "curve/gain", 1.0, step=0)
    shutil.rmtree(dvc_settings.cache_folder(recorded))  # as in another's clone: what is recomputed stands for it
    found = audited(recorded, told.run_id)
    assert found.verdict == "identical"
    said = {(finding.kind, finding.sentence) for finding in found.findings}
    assert said == {
        ("uncommitted", f"MLflow's run {dirty.run_id} began in a checkout with uncommitted changes: new.txt."),
        ("mlflow", f"MLflow's run {told.run_id} is not what the recorded files say: "
                   "gain/accuracy_points of pipeline is 75.0, the file says 37.5."),
        ("mlflow", f"MLflow's run {told.run_id} is not what the recorded files say: "
                   "curve/gain of train at step 0 is 1.0, the file says nothing, "
                   "curve/loss of train at step 3 is 0.125 and 0.25, the file says 0.125."),
    }  # fmt: skip


def test_what_cannot_be_recomputed_is_exit_code_2(toy: Path, recorded: Path) -> None:
    unknown = command(toy, "audit", "nowhere")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert unknown.stderr.startswith("`nowhere` is no run, branch, commit or MLflow run known here.")
    with pytest.raises(WorkspaceError, match=r"holds no dvc\.lock: no result was recorded"):
        audited(toy)
    (recorded / "numbers.txt").unlink()
    with pytest.raises(WorkspaceError, match="`dvc repro --force --no-run-cache` of HEAD failed"):
        audited(recorded)


def test_raw_data_that_no_stage_makes_is_fetched_and_nothing_else(recorded: Path, tmp_path: Path) -> None:
    """`dvc add` keeps the file; it comes from the checkout's cache, and no stage's result comes with it."""
    (recorded / "raw.txt").write_text("6 7\n")
    dvc_does(recorded, child_environment(recorded), "add", "raw.txt")
    commit(recorded, "raw data")
    (recorded / "raw.txt").unlink()
    root = tmp_path / "place"
    auditor._clone(recorded, "HEAD", root, tmp_path / "cache")
    auditor._fetch_sources(root, child_environment(recorded), lambda text: None, False)
    assert (root / "raw.txt").read_text() == "6 7\n"
    assert [path.name for path in (root / "data").iterdir() if path.is_dir()] == ["metrics"]

"""The `kakehashi` command in a toy project, without any server."""

import contextlib
import errno
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import typer
from mlflow.exceptions import RestException

from components.params import read_yaml
from flows.cli import SETTINGS_STAY, _fail, _plain_errors
from flows.doctor import FREE_BYTES
from flows.environment import child_environment, tool
from flows.workspace import git

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_help_names_every_command(run_toy: Run) -> None:
    shown = run_toy("--help").stdout
    assert re.findall(r"^  ([a-z]+)  ", shown, re.MULTILINE) == [
        "run", "search", "card", "status", "doctor", "up", "publish", "compare", "promote", "audit", "monitor", "push",
        "clean",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_run_ends_with_results_and_the_same_lock_as_dvc(toy: Path, run_toy: Run, tmp_path: Path) -> None:
    auditor = tmp_path / "auditor"
    git(toy, "clone", "--quiet", str(toy), str(auditor))
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=auditor, env=child_environment(toy), check=True)

    first = run_toy("run", "--note", "the first")
    assert first.returncode == 0, first.stderr
    assert (toy / "dvc.lock").read_bytes() == (auditor / "dvc.lock").read_bytes()
    assert "pencil" in first.stdout
    assert "+37.5" in first.stdout  # mean of 1 … 5 is 3; 50 × 3 / (1 + 3) = 37.5 points
    assert f"Report: {toy / 'data' / 'report' / 'index.html'}" in first.stdout
    assert "nothing to compare" in first.stdout
    assert "Traceback" not in first.stderr

    git(toy, "add", "--all")
    git(toy, "commit", "--quiet", "-m", "a run")
    second = run_toy("run")
    assert "5 had nothing to do" in second.stdout
    assert "identical. dvc.lock is byte for byte the one of" in second.stdout
    assert git(toy, "status", "--porcelain") == ""

    known = run_toy("publish")
    assert (known.returncode, "MLflow knows the run" in known.stdout) == (0, True), known.stderr
    records = [json.loads(file.read_text()) for file in (toy / ".kakehashi" / "measurements").glob("*.json")]
    assert sorted(record["note"] for record in records) == ["", "the first"]
    assert all(stage["peak_rss_bytes"] > 0 for record in records for stage in record["stages"])


def test_a_mistake_is_one_line_and_nothing_changes(toy: Path, run_toy: Run) -> None:
    done = run_toy("run", "--set", "train.setps=3")
    assert done.returncode == 1
    assert done.stderr == "--set: train.setps is not a parameter. Did you mean `steps`?\n"
    done = run_toy("run", "--overlay", "nowhere.yaml")
    assert (done.returncode, done.stderr) == (1, "overlay: nowhere.yaml does not exist. Name a file of the checkout.\n")
    assert git(toy, "status", "--porcelain") == ""


def test_a_file_that_cannot_be_written_is_one_line(toy: Path, run_toy: Run) -> None:
    (toy / ".params.yaml.draft").mkdir()  # in the way of the new params.yaml
    done = run_toy("run", "--set", "train.steps=3")
    assert done.returncode == 1
    assert done.stderr == ".params.yaml.draft: Is a directory. Check the path and its permissions, then run again.\n"
    assert SETTINGS_STAY not in done.stdout


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            FileNotFoundError(errno.ENOENT, "No such file", "data/accepted.parquet"),
            "data/accepted.parquet does not exist.",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "params.yaml"), "params.yaml: Permission denied."),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full."),
        (OSError("the server hung up"), "the server hung up"),
        (TimeoutError(), "TimeoutError()"),
    ],
    ids=["missing", "forbidden", "disk-full", "without-number", "without-words"],
)
def test_what_the_system_refuses_is_one_line(error: OSError, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, _plain_errors():
        raise error
    said = capsys.readouterr().err
    assert (ended.value.exit_code, said.count("\n"), said.startswith(line)) == (1, 1, True), said


def test_what_mlflow_refuses_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, _plain_errors():
        raise RestException({"error_code": "PERMISSION_DENIED", "message": "not yours"})
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "MLflow refused, or broke off: PERMISSION_DENIED: not yours\n"


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), _plain_errors():
        raise ZeroDivisionError


def test_what_was_said_is_not_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), _plain_errors():
        _fail("MLflow does not answer.")
    assert capsys.readouterr().err == "MLflow does not answer.\n"


@pytest.mark.slow
def test_a_failed_stage_speaks_for_itself_and_its_earlier_result_stands(toy: Path, run_toy: Run) -> None:
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=toy, env=child_environment(toy), check=True)
    figures = (toy / "data" / "metrics" / "collect.json").read_bytes()
    done = run_toy("run", "--set", "collect.source=none.txt")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "stage collect failed (exit code 1):",
        "params.yaml: collect.source is none.txt, which does not exist. Name a file.",
    ]
    assert "Traceback" not in done.stderr
    assert (toy / "data" / "metrics" / "collect.json").read_bytes() == figures
    assert (toy / "data" / "collect" / "numbers.csv").is_file()
    assert done.stdout.splitlines()[-1] == SETTINGS_STAY


@pytest.mark.slow
def test_mlflow_that_is_down_does_not_fail_the_run(toy: Path, run_toy: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = run_toy("run")
    assert done.returncode == 0, done.stderr
    assert "MLflow does not answer on http://127.0.0.1:9." in done.stdout
    assert "kakehashi publish" in done.stdout


def test_status_tells_run_from_changed_from_never(toy: Path, run_toy: Run) -> None:
    subprocess.run([tool("dvc"), "repro", "--quiet", "evaluate"], cwd=toy, env=child_environment(toy), check=True)
    (toy / "params.yaml").write_text((toy / "params.yaml").read_text().replace("steps: 12", "steps: 3"))
    shown = run_toy("status").stdout
    states = dict(re.findall(r"│ (\w+) +│ ([a-z ]+?) +│", shown))
    assert states.pop("train") == "changed"
    assert states.pop("report") == "never run"
    assert states == dict.fromkeys(["collect", "retrieve", "evaluate"], "up to date")
    assert "numbers 5" in shown
    assert "not up" in shown


def test_the_doctor_names_the_fault_and_its_mend(toy: Path, run_toy: Run) -> None:
    (toy / "requirements.lock").write_text("no-such-package==1.0\n")
    (toy / "params.yaml").write_text((toy / "params.yaml").read_text().replace("steps: 12", "steps: 0"))
    done = run_toy("doctor")
    assert done.returncode == 1
    assert (
        "✗ packages: no-such-package missing (locked: 1.0)\n  mend: Install what is locked: make install" in done.stdout
    )
    assert "✗ params.yaml: train.steps is 0. Input should be greater than 0." in done.stdout
    assert "✓ git: checkout at" in done.stdout
    own = ["disk"] if shutil.disk_usage(toy).free < FREE_BYTES else []  # the one fault of this machine that may be true
    assert re.findall(r"✗ ([^:]+):", done.stdout) == ["packages", "params.yaml", *own]
    assert done.stderr == f"{2 + len(own)} faults to mend.\n"


def test_the_first_command_of_a_fresh_clone_says_only_what_to_do(run_toy: Run) -> None:
    done = run_toy("promote")
    assert (done.returncode, done.stderr) == (1, "No run is published yet. Do one: kakehashi run.\n")


def test_outside_a_project_every_command_says_so(tmp_path: Path, toy: Path) -> None:
    env = {**child_environment(toy), "PYTHONPATH": str(toy)}
    command = [sys.executable, "-m", "flows.cli", "status"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, "holds no dvc.yaml. Change to the project's root folder first." in done.stderr) == (
        1,
        True,
    )


@pytest.mark.slow
def test_the_settings_of_a_run_stay_in_the_file(toy: Path, run_toy: Run) -> None:
    overlay = toy.parent / "overlay.yaml"
    overlay.write_text("train: {steps: 5}\nreport: {wage: 10}\n")
    (toy / "new.txt").write_text("untracked\n")
    done = run_toy("run", "--overlay", str(overlay), "--set", "train.steps=4")
    assert done.returncode == 0, done.stderr
    assert "params.yaml: train.steps changed" in done.stdout
    values = read_yaml(toy / "params.yaml")
    assert (values["train"]["steps"], values["report"]["wage"]) == (4, 10)
    assert done.stdout.splitlines()[-1] == SETTINGS_STAY
    (record,) = (toy / ".kakehashi" / "measurements").glob("*.json")
    began = json.loads(record.read_text())
    assert (began["commit"], began["uncommitted"]) == (git(toy, "rev-parse", "HEAD"), ["new.txt"])
    assert tags_in_mlflow(toy)["uncommitted"] == "new.txt"  # neither the settings nor the results, which it records


def tags_in_mlflow(toy: Path) -> dict[str, str]:
    """Of the one run that the toy's own MLflow holds."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{toy / '.kakehashi' / 'mlflow.db'}")
    (run,) = client.search_runs(["1"], "tags.kind = 'pipeline'")
    return dict(run.data.tags)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_run_that_is_stopped_leaves_no_process_and_can_be_run_again(
    toy: Path, run_toy: Run, number: signal.Signals
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job, and in its children
    steps = "train.seconds_per_step=11"  # a log shows the first step that ends after 10 s
    command = [sys.executable, "-m", "flows.cli", "run", "--set", steps]
    process = subprocess.Popen(command, cwd=toy, env=child_environment(toy), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("fitting" in line for line in process.stderr), "the stage `train` was not reached"

    process.send_signal(number)
    process.wait()

    deadline = time.monotonic() + 60  # ends a test that would hang; the processes end in about a second
    while (left := processes_in(toy)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    assert not (toy / "data" / "train").exists()
    again = run_toy("run", "--set", "train.seconds_per_step=0.0")
    assert again.returncode == 0, again.stderr
    assert SETTINGS_STAY not in again.stdout  # they are the committed ones again


def processes_in(folder: Path) -> list[str]:
    """Command lines of living processes that work in `folder` or below."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found

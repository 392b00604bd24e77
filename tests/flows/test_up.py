"""The real servers: a deployment run through Prefect's API, in MLflow, on its branch; and nothing left afterwards."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from mlflow import MlflowClient

from components.params import read_yaml
from flows.environment import child_environment, tool
from flows.workspace import git

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 180
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class Servers:
    """A running `kakehashi up`, and Prefect's API as a browser would use it."""

    def __init__(self, project: Path):
        self.prefect_port, self.mlflow_port = free_port(), free_port()
        command = [sys.executable, "-m", "flows.cli", "up"]
        command += ["--prefect-port", str(self.prefect_port), "--mlflow-port", str(self.mlflow_port)]
        env = child_environment(project)
        self.process = subprocess.Popen(
            command, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Both are up"):
                return
        raise AssertionError("".join(self.said))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.prefect_port}/api{path}"
        request = urllib.request.Request(address, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return json.loads(text) if text else None

    def start_run(self, **changed: Any) -> str:
        deployment = self.call("GET", "/deployments/name/pipeline/pipeline")
        params = deployment["parameters"]["params"]
        params["train"] |= changed
        given = {"parameters": {"params": params, "note": "through the API"}}
        return str(self.call("POST", f"/deployments/{deployment['id']}/create_flow_run", given)["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/flow_runs/{run_id}"))

    def task_states(self, run_id: str) -> dict[str, str]:
        runs = self.call("POST", "/task_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
        return {run["name"]: run["state"]["name"] for run in runs}

    def messages(self, run_id: str) -> str:
        logs = self.call("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_ASC"})
        return "\n".join(log["message"] for log in logs)


@pytest.fixture
def servers(toy: Path) -> Iterator[Servers]:
    up = Servers(toy)
    try:
        yield up
    finally:
        up.process.kill()
        up.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.2)


def processes_in(folder: Path) -> list[str]:
    """Command lines of living processes that work in `folder` or below."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
    return found


def lock_of_plain_dvc(toy: Path, place: Path) -> bytes:
    """What `dvc repro` writes in a fresh clone of the toy project, with nothing in its cache."""
    git(toy, "clone", "--quiet", str(toy), str(place))
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=place, env=child_environment(toy), check=True)
    return (place / "dvc.lock").read_bytes()


def test_a_deployment_run_is_a_branch_a_page_in_mlflow_and_can_be_cancelled(
    toy: Path, servers: Servers, tmp_path: Path
) -> None:
    (toy / "new.txt").write_text("uncommitted\n")
    mlflow = MlflowClient(f"http://127.0.0.1:{servers.mlflow_port}")

    # A run with one changed setting, in a private clone.
    run_id = servers.start_run(steps=7)
    wait_until(lambda: servers.run(run_id)["state"]["type"] in ENDED, "the run has ended")
    assert servers.run(run_id)["state"]["type"] == "COMPLETED", servers.messages(run_id)
    assert "snapshot" in servers.run(run_id)["tags"]
    assert "came along as snapshot commit" in servers.messages(run_id)
    stages = ["collect", "retrieve", "train", "evaluate", "report"]
    assert servers.task_states(run_id) == dict.fromkeys([*stages, "publish to MLflow"], "Completed")
    artifacts = servers.call("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
    assert {artifact["key"] for artifact in artifacts} == {"results", "summary", "graph", "mlflow"}

    # Its branch: the changed setting, the snapshot, the lock; the checkout untouched, the clone gone.
    assert "steps: 7" in git(toy, "show", f"runs/{run_id}:params.yaml")
    assert git(toy, "show", f"runs/{run_id}:new.txt") == "uncommitted"
    assert read_yaml(toy / "params.yaml")["train"]["steps"] == 12
    assert not (toy / ".kakehashi" / "runs" / run_id).exists()

    # MLflow: a parent with a child per stage, named as git and DVC name them.
    experiment = mlflow.get_experiment_by_name("kakehashi")
    assert experiment is not None
    (parent,) = mlflow.search_runs([experiment.experiment_id], "tags.kind = 'pipeline'")
    assert parent.data.tags["prefect.flow_run_id"] == run_id
    assert parent.data.tags["git.commit"] == git(toy, "rev-parse", f"runs/{run_id}")
    assert parent.data.metrics["roi/01_saved_usd"] == 1125  # 37.5 points at 30 USD
    stage_runs = mlflow.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert sorted(str(run.info.run_name) for run in stage_runs) == sorted(stages)

    # With unchanged settings: the very lock of plain `dvc repro`, byte for byte.
    plain_id = servers.start_run()
    wait_until(lambda: servers.run(plain_id)["state"]["type"] in ENDED, "the unchanged run has ended")
    assert servers.run(plain_id)["state"]["type"] == "COMPLETED", servers.messages(plain_id)
    published = subprocess.check_output(["git", "show", f"runs/{plain_id}:dvc.lock"], cwd=toy)
    assert published == lock_of_plain_dvc(toy, tmp_path / "auditor")

    # Cancelled in the middle of a stage: nothing of it is left, the servers go on.
    slow_id = servers.start_run(steps=1000, seconds_per_step=1.0)
    clone = toy / ".kakehashi" / "runs" / slow_id
    wait_until(lambda: any("components.train" in line for line in processes_in(clone)), "the stage runs")
    servers.call("POST", f"/flow_runs/{slow_id}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    wait_until(lambda: servers.run(slow_id)["state"]["type"] == "CANCELLED", "the run is cancelled")
    wait_until(lambda: processes_in(clone) == [], "its processes have ended")
    assert clone.is_dir(), "a run that did not finish keeps its clone"

    # Ctrl-C (as SIGTERM): every server ends.
    assert any("prefect server start" in line for line in processes_in(toy))
    servers.process.terminate()
    assert servers.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert processes_in(toy) == []
    assert not (toy / ".kakehashi" / "servers.json").exists()


def test_killing_up_with_minus_9_leaves_nothing(toy: Path, servers: Servers) -> None:
    servers.process.kill()
    servers.process.wait()
    wait_until(lambda: processes_in(toy) == [], "every server has ended")

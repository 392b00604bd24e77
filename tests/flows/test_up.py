"""The real servers: a deployment run through Prefect's API, in MLflow, on its branch; and nothing left afterwards.

Once with SQLite and once with PostgreSQL behind both servers.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from components.outputs import read_json
from components.params import read_yaml
from flows.environment import child_environment, tool
from flows.workspace import git
from tests.flows.conftest import Ear, make_toy
from tests.flows.served import PATIENCE_SECONDS, Servers, postgresql_is_installed, wait_until

pytestmark = pytest.mark.slow
STAGES = ["collect", "retrieve", "train", "evaluate", "report"]


@pytest.fixture(params=["sqlite", "postgresql"])
def back_end(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql" and not postgresql_is_installed():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return str(request.param)


@pytest.fixture
def toy(toy_environment: None) -> Iterator[Path]:
    """The toy project where other users can enter: root must run PostgreSQL as one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield make_toy(Path(folder) / "toy")


@pytest.fixture
def servers(toy: Path, back_end: str, ear: Ear) -> Iterator[Servers]:
    with Servers(toy, options=["--postgresql"] if back_end == "postgresql" else []) as up:
        yield up


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
    toy: Path, servers: Servers, back_end: str, ear: Ear, tmp_path: Path
) -> None:
    (toy / "new.txt").write_text("uncommitted\n")
    run_id = a_changed_run_completes(servers)
    its_branch_has_the_settings_and_the_snapshot(toy, run_id)
    parent = mlflow_has_a_parent_with_a_child_per_stage(toy, servers, run_id)
    an_audit_from_its_own_form_meets_it(toy, servers, run_id, parent.info.run_id)
    an_unchanged_run_has_the_lock_of_plain_dvc(toy, servers, tmp_path / "auditor")
    a_cancelled_run_leaves_no_process(toy, servers)
    every_server_ends_with_up(toy, servers)
    each_back_end_kept_to_itself(toy, back_end)
    nothing_outside_this_machine_was_asked_for(ear)


def a_changed_run_completes(servers: Servers) -> str:
    """A run with one changed setting, in a private clone; its id."""
    run_id = servers.start_run(steps=7)
    assert servers.wait_for_end(run_id) == "COMPLETED", servers.messages(run_id)
    assert "snapshot" in servers.run(run_id)["tags"]
    assert "came along as snapshot commit" in servers.messages(run_id)
    assert servers.task_states(run_id) == dict.fromkeys([*STAGES, "publish to MLflow"], "Completed")
    left = servers.artifacts(run_id)
    assert set(left) == {"results", "summary", "graph", "report", "model-card", "mlflow", "sheet-retrieve"}
    assert left["report"]["data"].startswith("## Adopt: 37.5 points")  # 50 x 3 / (1 + 3), the toy's mean being 3
    assert left["model-card"]["data"].startswith("# Toy")
    return run_id


def its_branch_has_the_settings_and_the_snapshot(toy: Path, run_id: str) -> None:
    """The changed setting and the snapshot; the checkout untouched, the clone gone."""
    assert "steps: 7" in git(toy, "show", f"runs/{run_id}:params.yaml")
    assert git(toy, "show", f"runs/{run_id}:new.txt") == "uncommitted"
    assert read_yaml(toy / "params.yaml")["train"]["steps"] == 12
    assert not (toy / ".kakehashi" / "runs" / run_id).exists()


def mlflow_has_a_parent_with_a_child_per_stage(toy: Path, servers: Servers, run_id: str) -> Run:
    """Named as git and DVC name them; the parent."""
    mlflow = MlflowClient(f"http://127.0.0.1:{servers.mlflow_port}")
    experiment = mlflow.get_experiment_by_name("kakehashi")
    assert experiment is not None
    (parent,) = mlflow.search_runs([experiment.experiment_id], "tags.kind = 'pipeline'")
    assert parent.data.tags["prefect.flow_run_id"] == run_id
    assert parent.data.tags["git.commit"] == git(toy, "rev-parse", f"runs/{run_id}")
    assert parent.data.metrics["roi/01_saved_usd"] == 1125  # 37.5 points at 30 USD
    stage_runs = mlflow.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert sorted(str(run.info.run_name) for run in stage_runs) == sorted(STAGES)
    return parent


def an_audit_from_its_own_form_meets_it(toy: Path, servers: Servers, run_id: str, parent_id: str) -> None:
    """Byte for byte, on the machine that its branch names; the snapshot is a finding."""
    audit_id = servers.start("audit", run=run_id)
    assert servers.wait_for_end(audit_id) == "FAILED", servers.messages(audit_id)
    assert servers.run(audit_id)["state"]["message"].startswith("identical: ")
    assert "Running stage 'train'" in servers.messages(audit_id)
    artifacts = servers.call("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [audit_id]}}})
    assert [artifact["key"] for artifact in artifacts] == ["certificate"]
    (certificate,) = (read_json(file) for file in (toy / ".kakehashi" / "audits").glob("*/certificate.json"))
    assert [finding["kind"] for finding in certificate["findings"]] == ["uncommitted"]
    assert certificate["then"] == certificate["now"]
    assert certificate["ran_then"] == STAGES
    assert f"MLflow's run {parent_id} has the recorded curves." in certificate["notes"]


def an_unchanged_run_has_the_lock_of_plain_dvc(toy: Path, servers: Servers, place: Path) -> None:
    """The very lock of `dvc repro`, byte for byte."""
    plain_id = servers.start_run()
    assert servers.wait_for_end(plain_id) == "COMPLETED", servers.messages(plain_id)
    published = subprocess.check_output(["git", "show", f"runs/{plain_id}:dvc.lock"], cwd=toy)
    assert published == lock_of_plain_dvc(toy, place)


def a_cancelled_run_leaves_no_process(toy: Path, servers: Servers) -> None:
    """Cancelled in the middle of a stage: nothing of it is left, the servers go on."""
    slow_id = servers.start_run(steps=1000, seconds_per_step=1.0)
    clone = toy / ".kakehashi" / "runs" / slow_id
    wait_until(lambda: any("components.train" in line for line in processes_in(clone)), "the stage runs")
    servers.call("POST", f"/flow_runs/{slow_id}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    wait_until(lambda: servers.run(slow_id)["state"]["type"] == "CANCELLED", "the run is cancelled")
    wait_until(lambda: processes_in(clone) == [], "its processes have ended")
    assert clone.is_dir(), "a run that did not finish keeps its clone"


def every_server_ends_with_up(toy: Path, servers: Servers) -> None:
    """Ctrl-C (as SIGTERM)."""
    assert any("prefect server start" in line for line in processes_in(toy))
    servers.process.terminate()
    assert servers.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert processes_in(toy) == []
    assert not (toy / ".kakehashi" / "servers.json").exists()


def each_back_end_kept_to_itself(toy: Path, back_end: str) -> None:
    """Only the chosen one has left anything."""
    databases = {"sqlite": toy / ".kakehashi" / "mlflow.db", "postgresql": toy / ".kakehashi" / "postgresql"}
    assert [name for name, place in databases.items() if place.exists()] == [back_end]


def nothing_outside_this_machine_was_asked_for(ear: Ear) -> None:
    """By any process, all of which were heard."""
    processes = "\n".join(ear.processes())
    assert [
        name
        for name in ("prefect server", "mlflow server", "worker start", "components.train")
        if name not in processes
    ] == []
    assert ear.outside() == []


def test_killing_up_with_minus_9_leaves_nothing(toy: Path, servers: Servers) -> None:
    servers.process.kill()
    servers.process.wait()
    wait_until(lambda: processes_in(toy) == [], "every server has ended")

"""Every part of a run killed at every moment: nothing is left within seconds, and a retry ends as if nothing had been.

ALL_KILLS=1 in the environment goes through the whole matrix; without it the cells are tried that have least in common.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from mlflow import MlflowClient

from flows.environment import child_environment, tool
from flows.lost import RUN_OF_A_PROCESS
from flows.servers import answers
from flows.workspace import git
from tests.flows.conftest import make_toy
from tests.flows.served import ENDED, Servers, wait_until

pytestmark = pytest.mark.slow
STEPS, SECONDS_PER_STEP, BALLAST = 20, 0.2, 3000
GONE_WITHIN_SECONDS = 5.0
"""What is promised of a killed run, on any machine: the supervisors wait three seconds at most."""
SECOND_REPORT_SECONDS = 10.0
"""Prefect's worker reports such a flow twice, six seconds apart; the second report would end a retry."""
VICTIMS = ("flow", "worker", "server", "dvc", "stage")
MOMENTS = ("hashing", "training", "publishing")
SIGNALS = (signal.SIGTERM, signal.SIGKILL)
NOT_THERE = {("dvc", "publishing"), ("stage", "hashing"), ("stage", "publishing")}
"""DVC and a stage's process have ended at these moments."""
CELLS = [
    (victim, number, moment)
    for victim in VICTIMS
    for number in SIGNALS
    for moment in MOMENTS
    if (victim, moment) not in NOT_THERE
]
ALWAYS = {
    ("flow", signal.SIGKILL, "training"),
    ("flow", signal.SIGTERM, "publishing"),
    ("worker", signal.SIGKILL, "hashing"),
    ("server", signal.SIGKILL, "training"),
    ("dvc", signal.SIGKILL, "hashing"),
    ("stage", signal.SIGTERM, "training"),
}
ASKED = [cell for cell in CELLS if cell in ALWAYS or os.environ.get("ALL_KILLS")]


@dataclass(frozen=True)
class Served:
    """The toy project, its servers, and the lock that an undisturbed run ends with."""

    toy: Path
    servers: Servers
    lock: bytes


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("kills")
    with pytest.MonkeyPatch.context() as patched:
        for name in ("KAKEHASHI_HOME", "KAKEHASHI_DATABASE", "PREFECT_HOME", "PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
            patched.delenv(name, raising=False)
        patched.setenv("DVC_SITE_CACHE_DIR", str(folder / "site"))
        toy = make_toy(folder / "toy")
        text = (toy / "params.yaml").read_text()
        text = text.replace("seconds_per_step: 0.0", f"seconds_per_step: {SECONDS_PER_STEP}")
        text = text.replace("steps: 12", f"steps: {STEPS}").replace("ballast_files: 0", f"ballast_files: {BALLAST}")
        (toy / "params.yaml").write_text(text)
        git(toy, "commit", "--quiet", "--all", "--message", "slow enough to be killed")
        git(toy, "clone", "--quiet", str(toy), str(folder / "undisturbed"))
        command = [tool("dvc"), "repro", "--quiet"]
        subprocess.run(command, cwd=folder / "undisturbed", env=child_environment(toy), check=True)
        with Servers(toy) as servers:
            yield Served(toy, servers, (folder / "undisturbed" / "dvc.lock").read_bytes())


@pytest.mark.parametrize("cell", ASKED, ids=lambda cell: f"{cell[0]}-{cell[1].name}-{cell[2]}")
def test_a_killed_run_leaves_nothing_and_a_retry_ends_as_if_nothing_had_been(
    served: Served, cell: tuple[str, signal.Signals, str]
) -> None:
    victim, number, moment = cell
    shutil.rmtree(served.toy / ".dvc" / "cache", ignore_errors=True)  # so that every stage has to run again
    run_id = served.servers.start("pipeline", note=" ".join((victim, number.name, moment)))
    clone = served.toy / ".kakehashi" / "runs" / run_id
    wait_for_moment(served, run_id, clone, moment)
    pid = pid_of(served, run_id, clone, victim)

    os.kill(pid, number)
    killed = time.monotonic()
    wait_until(lambda: not of_this_run(run_id, clone), "nothing of the run is left")
    seconds = time.monotonic() - killed
    assert seconds < GONE_WITHIN_SECONDS
    wait_until(lambda: state_of(served, run_id) in ENDED, "its state says that it ended")
    if (victim, number) == ("flow", signal.SIGKILL):
        time.sleep(SECOND_REPORT_SECONDS)
    print(f"\n{victim} {number.name} {moment}: gone after {seconds:.1f} s, then {state_of(served, run_id)}")

    if state_of(served, run_id) != "COMPLETED":
        again = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}}
        assert served.servers.call("POST", f"/flow_runs/{run_id}/set_state", again)["status"] == "ACCEPT"
        wait_until(lambda: state_of(served, run_id) == "COMPLETED", "the retry ends well")
    assert subprocess.check_output(["git", "show", f"runs/{run_id}:dvc.lock"], cwd=served.toy) == served.lock
    assert not clone.exists()
    assert published(served, run_id) == ["collect", "evaluate", "report", "retrieve", "train"]


def test_a_killed_mlflow_server_answers_again(served: Served) -> None:
    health = f"http://127.0.0.1:{served.servers.mlflow_port}/health"
    first = first_in(served.toy, "mlflow server")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: first_in(served.toy, "mlflow server") not in (0, first), "another one is there")
    wait_until(lambda: answers(health), "it answers")


def wait_for_moment(served: Served, run_id: str, clone: Path, moment: str) -> None:
    """Until the run is there: DVC hashes what `collect` wrote, `train` is fitting, or MLflow is being told."""

    def is_there() -> bool:
        if moment == "hashing":
            return (clone / "data" / "metrics" / "collect.json").is_file() and not (clone / "dvc.lock").is_file()
        if moment == "training":
            return bool(found := [each for each in below(clone) if "components.train" in each.cmdline()]) and (
                time.time() - found[0].create_time() > 1.5
            )
        return served.servers.task_states(run_id).get("publish to MLflow") == "Running"

    wait_until(lambda: guarded(is_there), f"the run is {moment}", every=0.02)


def guarded(condition: Callable[[], bool]) -> bool:
    """False while a process ends under our eyes."""
    try:
        return condition()
    except psutil.NoSuchProcess:
        return False


def pid_of(served: Served, run_id: str, clone: Path, victim: str) -> int:
    """The process that is to be killed."""
    words = {"worker": "worker start", "server": "server start", "dvc": "dvc", "stage": "components."}
    if victim == "flow":
        (own,) = [each for each in named(run_id) if each.parent() not in named(run_id)]
        return own.pid
    return first_in(served.toy if victim in ("worker", "server") else clone, words[victim])


def first_in(place: Path, words: str) -> int:
    """The first process in `place` with these words in its command, its supervisor apart; 0 if there is none."""
    commands = {each.pid: " ".join(told(each.cmdline) or ()) for each in below(place)}
    return next((pid for pid, command in commands.items() if words in command and "supervise.py" not in command), 0)


def of_this_run(run_id: str, clone: Path) -> list[psutil.Process]:
    """Living processes that work in its clone or carry its name."""
    return [*below(clone), *named(run_id)]


def below(folder: Path) -> list[psutil.Process]:
    """Living processes that work in `folder` or below."""
    return [each for each in living() if (at := told(each.cwd)) and Path(at).is_relative_to(folder)]


def named(run_id: str) -> list[psutil.Process]:
    """Living processes whose environment names the run."""
    return [each for each in living() if (told(each.environ) or {}).get(RUN_OF_A_PROCESS) == run_id]


def living() -> list[psutil.Process]:
    return [each for each in psutil.process_iter() if told(each.status) not in (None, psutil.STATUS_ZOMBIE)]


def told(question: Callable[[], Any]) -> Any:
    """What a process says, None once it has ended or is not ours to ask."""
    try:
        return question()
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return None


def state_of(served: Served, run_id: str) -> str:
    """The type of its state; empty while the server is away."""
    try:
        return str(served.servers.run(run_id)["state"]["type"])
    except OSError:
        return ""


def published(served: Served, run_id: str) -> list[str]:
    """Stages that MLflow has below the one run of that id."""
    mlflow = MlflowClient(f"http://127.0.0.1:{served.servers.mlflow_port}")
    experiment = mlflow.get_experiment_by_name("kakehashi")
    assert experiment is not None
    ids = [experiment.experiment_id]
    (parent,) = mlflow.search_runs(ids, f"tags.`prefect.flow_run_id` = '{run_id}' and tags.kind = 'pipeline'")
    children = mlflow.search_runs(ids, f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    return sorted(str(child.info.run_name) for child in children)

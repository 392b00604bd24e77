"""The deployments beside `pipeline` on real servers: drift starts a run, a sweep runs its grid, promotion refuses.

The first run is one that MLflow missed, and is told later.
"""

import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from mlflow import MlflowClient

from flows.environment import child_environment
from flows.workspace import git
from tests.flows.served import Servers, wait_until

pytestmark = pytest.mark.slow
DRIFTED = """
from pathlib import Path
from components.drift import TwoSample
from components.recent import Drift
from flows.monitor import Watched, send_event
test = TwoSample(mmd2=0.3, p_value=0.01, threshold=0.1, bandwidth=1.0)
drift = Drift(images=9, broken_images=0, reference_images=9, gap_then=1.0, gap_now=1.0, centroid_shift=0.0, test=test)
send_event(Watched(drift, ["MMD² 0.3 > 0.1"], "champion, version 1", "", Path("history.jsonl")))
"""


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "audit": ({"run": "nowhere"}, "`nowhere` is no run, branch, commit or MLflow run known here."),
    "promote": ({"run": "nowhere"}, "No published run goes by 'nowhere'. Latest: "),
    "sweep": ({"grid": {"train.steps": [3, 0]}}, "point 2: train.steps is 0. Input should be greater than 0."),
    "monitor": ({"recent": "infra"}, "infra holds no image. Name the folder"),
    "refresh-index": ({"rev": "nowhere"}, "rev: `nowhere` is no commit, tag or branch of "),
}
"""For each deployment beside `pipeline` what cannot be done, and how the answer begins."""


def ends_in_one_line(servers: Servers, run_id: str, said: str) -> None:
    """The run failed with a line that holds `said`: its state's message, in its log, and no traceback there."""
    assert servers.wait_for_end(run_id) == "FAILED", servers.messages(run_id)
    message = servers.run(run_id)["state"]["message"]
    assert said in message and "\n" not in message
    wait_until(lambda: message in servers.messages(run_id).splitlines(), "its log has arrived")
    assert "Traceback" not in servers.messages(run_id)


def runs_of(servers: Servers, name: str) -> list[dict[str, Any]]:
    return list(servers.call("POST", "/flow_runs/filter", {"flows": {"name": {"any_": [name]}}}))


def command(toy: Path, *words: str, at_once: int = 1) -> str:
    """What `kakehashi` says to these words; to so many who say them at once it says the same."""
    command = [sys.executable, "-m", "flows.cli", *words]
    env = child_environment(toy, {"KAKEHASHI_HOME": ""})
    begun = [subprocess.Popen(command, cwd=toy, env=env, stdout=PIPE, stderr=PIPE, text=True) for _ in range(at_once)]
    ((out, trouble, code),) = {(*each.communicate(), each.returncode) for each in begun}
    assert (code, trouble) == (0, ""), trouble
    return out


def a_run_that_mlflow_missed_is_told_later(toy: Path, servers: Servers, run_id: str) -> None:
    """From its branch and its measurements, snapshot and all; to tell it twice changes nothing, nor do two at once."""
    assert servers.task_states(run_id)["publish to MLflow"] == "Skipped"
    advice = f"publish it later: kakehashi publish {run_id}"
    wait_until(lambda: advice in servers.messages(run_id), "its log has arrived")
    client = MlflowClient(f"http://127.0.0.1:{servers.mlflow_port}")
    assert client.get_experiment_by_name("kakehashi") is None

    said = command(toy, "publish", run_id, at_once=2)
    experiment = client.get_experiment_by_name("kakehashi")
    assert experiment is not None
    told = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in told if run.data.tags["kind"] == "pipeline"]
    assert said == (
        f"MLflow knows the run: http://127.0.0.1:{servers.mlflow_port}/#/experiments/{experiment.experiment_id}"
        f"/runs/{parent.info.run_id}\n"
    )
    tags, branch = parent.data.tags, f"runs/{run_id}"
    assert (tags["dvc.branch"], tags["git.commit"]) == (branch, git(toy, "rev-parse", branch))
    assert tags["snapshot"] == git(toy, "rev-parse", f"{branch}^"), "the run began with new.txt uncommitted"
    assert parent.data.metrics["roi/01_saved_usd"] == 1125
    assert parent.data.metrics["wall_seconds"] > 0, "what the run cost is known from its measurements"
    assert len(told) == 6  # and a child for each stage
    assert list((toy / ".kakehashi" / "runs").iterdir()) == []

    assert command(toy, "publish", run_id) == said
    again = client.search_runs([experiment.experiment_id])
    assert [run.to_dictionary() for run in again] == [run.to_dictionary() for run in told]
    assert [model.run_id for model in client.search_model_versions("name = 'kakehashi-student'")] == [
        parent.info.run_id
    ]


def test_drift_starts_a_run_a_sweep_runs_its_grid_and_promotion_asks_for_an_audit(toy: Path) -> None:
    (toy / "new.txt").write_text("uncommitted\n")
    with Servers(toy) as servers:
        api = {"PREFECT_API_URL": f"http://127.0.0.1:{servers.prefect_port}/api", "PYTHONPATH": os.curdir}
        with servers.without_mlflow():
            subprocess.run([sys.executable, "-c", DRIFTED], cwd=toy, env=child_environment(toy, api), check=True)
            wait_until(lambda: len(runs_of(servers, "pipeline")) == 1, "the event starts the pipeline")
            (run,) = runs_of(servers, "pipeline")
            assert run["parameters"]["note"] == "started by drift: MMD² 0.3 > 0.1"
            assert run["parameters"]["read_sources_again"] is True
            assert servers.wait_for_end(run["id"]) == "COMPLETED", servers.messages(run["id"])
        a_run_that_mlflow_missed_is_told_later(toy, servers, run["id"])
        drift_finds_what_has_been_collected_since(toy, servers, api)

        mistaken = {name: servers.start(name, **given) for name, (given, _) in MISTAKES.items()}
        sweep = servers.start("sweep", grid={"train.steps": [3, 4]}, note="how long")
        assert servers.wait_for_end(sweep) == "COMPLETED", servers.messages(sweep)
        points = [each for each in runs_of(servers, "pipeline") if "sweep" in each["tags"]]
        notes = {each["parameters"]["note"]: each["id"] for each in points}
        assert sorted(notes) == ["train.steps=3 · how long", "train.steps=4 · how long"]
        assert "steps: 3" in git(toy, "show", f"runs/{notes['train.steps=3 · how long']}:params.yaml")
        artifacts = servers.call("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [sweep]}}})
        (comparison,) = artifacts
        assert "| train.steps | 3 | 4 |" in comparison["data"] or "| train.steps | 4 | 3 |" in comparison["data"]

        a_cancelled_sweep_takes_its_runs_along(servers)

        asked = servers.start("promote")
        assert servers.wait_for_end(asked) == "COMPLETED", servers.run(asked)["state"]["message"]
        state = servers.run(asked)["state"]
        assert state["name"] == "Refused"
        assert "audit: none; wanted identical or equivalent" in state["message"] and "\n" not in state["message"]
        assert "MLflow beside the run's commit" not in state["message"]  # which passed

        for name, run_id in mistaken.items():
            ends_in_one_line(servers, run_id, MISTAKES[name][1])

        registering_again_keeps_what_people_switched(toy, servers)
        clones_that_nobody_waits_for_are_removed(toy, servers)


def drift_finds_what_has_been_collected_since(toy: Path, servers: Servers, api: dict[str, str]) -> None:
    """New numbers in the source, which DVC does not watch, are in the run that the event starts."""
    (toy / "numbers.txt").write_text("1 2 3 4 5 6\n")
    known = {run["id"] for run in runs_of(servers, "pipeline")}
    subprocess.run([sys.executable, "-c", DRIFTED], cwd=toy, env=child_environment(toy, api), check=True)
    wait_until(lambda: len(runs_of(servers, "pipeline")) == len(known) + 1, "the event starts the pipeline again")
    (run,) = [each for each in runs_of(servers, "pipeline") if each["id"] not in known]
    assert servers.wait_for_end(run["id"]) == "COMPLETED", servers.messages(run["id"])
    assert servers.task_states(run["id"])["collect"] == "Completed"
    locks = [git(toy, "show", f"runs/{each}:dvc.lock") for each in (*known, run["id"])]
    assert locks[0] != locks[1]


def a_cancelled_sweep_takes_its_runs_along(servers: Servers) -> None:
    """Those that run and those that wait for a place."""
    sweep = servers.start("sweep", grid={"train.steps": [999, 998, 997], "train.seconds_per_step": [1.0]})

    def states() -> list[str]:
        return sorted(each["state"]["type"] for each in runs_of(servers, "pipeline") if sweep in each["tags"])

    wait_until(lambda: len(states()) == 3 and "RUNNING" in states(), "a point runs")
    servers.call("POST", f"/flow_runs/{sweep}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    wait_until(lambda: servers.run(sweep)["state"]["type"] == "CANCELLED", "the sweep is cancelled")
    wait_until(lambda: states() == ["CANCELLED"] * 3, "its runs are cancelled too")


def clones_that_nobody_waits_for_are_removed(toy: Path, servers: Servers) -> None:
    """Once they are old enough; the pool is paused, so that a run that begins stays one that waits."""
    runs = toy / ".kakehashi" / "runs"
    left = {folder.name for folder in runs.iterdir()}
    assert left, "cancelled points of the sweep left their clones"
    waiting = servers.start("pipeline")
    (runs / waiting).mkdir()
    said = command(toy, "clean")
    assert said.count("Cancelled, 0.0 days") == len(left) == said.count(": kept, younger")
    assert f"{waiting}  Scheduled, 0.0 days, 0 MB: kept, it may go on" in said
    said = command(toy, "clean", "--days", "0")
    assert said.count(": removed") == len(left)
    assert [folder.name for folder in runs.iterdir()] == [waiting]


def registering_again_keeps_what_people_switched(toy: Path, servers: Servers) -> None:
    """The schedule off as shipped, then switched on, with one added beside it; the trigger off; the pool paused."""
    assert schedules_of_monitor(servers) == {"every-morning": ("0 6 * * *", False)}
    monitor = servers.call("GET", "/deployments/name/monitor/monitor")
    place = f"/deployments/{monitor['id']}/schedules"
    servers.call("PATCH", f"{place}/{monitor['schedules'][0]['id']}", {"active": True})
    servers.call("POST", place, [{"slug": "at-night", "schedule": {"cron": "0 1 * * *"}, "active": True}])
    servers.call("PATCH", f"/automations/{automation_on_drift(servers)['id']}", {"enabled": False})
    servers.call("PATCH", "/work_pools/kakehashi", {"is_paused": True, "concurrency_limit": 3})

    api = {"PREFECT_API_URL": f"http://127.0.0.1:{servers.prefect_port}/api", "PYTHONPATH": os.curdir}
    subprocess.run([sys.executable, "-m", "flows.register"], cwd=toy, env=child_environment(toy, api), check=True)

    assert schedules_of_monitor(servers) == {"every-morning": ("0 6 * * *", True), "at-night": ("0 1 * * *", True)}
    assert not automation_on_drift(servers)["enabled"]
    pool = servers.call("GET", "/work_pools/kakehashi")
    assert (pool["is_paused"], pool["concurrency_limit"]) == (True, 3)


def schedules_of_monitor(servers: Servers) -> dict[str, tuple[str, bool]]:
    """When, and whether, by slug."""
    known = servers.call("GET", "/deployments/name/monitor/monitor")["schedules"]
    return {each["slug"]: (each["schedule"]["cron"], each["active"]) for each in known}


def automation_on_drift(servers: Servers) -> dict[str, Any]:
    """The one that starts the pipeline."""
    known = servers.call("POST", "/automations/filter", {})
    (found,) = [each for each in known if each["name"] == "drift starts the pipeline"]
    return dict(found)

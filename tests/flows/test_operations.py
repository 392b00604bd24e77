"""The deployments beside `pipeline` on real servers: drift starts a run, a sweep runs its grid, promotion refuses."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    "sweep": ({"grid": {"train.steps": [3, 0]}}, "--set: train.steps is 0. Input should be greater than 0."),
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


def test_drift_starts_a_run_a_sweep_runs_its_grid_and_promotion_asks_for_an_audit(toy: Path) -> None:
    with Servers(toy) as servers:
        api = {"PREFECT_API_URL": f"http://127.0.0.1:{servers.prefect_port}/api", "PYTHONPATH": os.curdir}
        subprocess.run([sys.executable, "-c", DRIFTED], cwd=toy, env=child_environment(toy, api), check=True)
        wait_until(lambda: len(runs_of(servers, "pipeline")) == 1, "the event starts the pipeline")
        (run,) = runs_of(servers, "pipeline")
        assert run["parameters"]["note"] == "started by drift: MMD² 0.3 > 0.1"
        assert servers.wait_for_end(run["id"]) == "COMPLETED", servers.messages(run["id"])

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

        asked = servers.start("promote")
        assert servers.wait_for_end(asked) == "COMPLETED", servers.messages(asked)
        state = servers.run(asked)["state"]
        assert state["name"] == "Refused"
        assert "| audit | none | identical or equivalent | ✗ |" in state["message"]

        for name, run_id in mistaken.items():
            ends_in_one_line(servers, run_id, MISTAKES[name][1])

        schedules = servers.call("GET", "/deployments/name/monitor/monitor")["schedules"]
        assert [(each["schedule"]["cron"], each["active"]) for each in schedules] == [("0 6 * * *", False)]

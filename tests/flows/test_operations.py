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


def start(servers: Servers, name: str, **parameters: Any) -> str:
    deployment = servers.call("GET", f"/deployments/name/{name}/{name}")
    given = {"parameters": parameters}
    return str(servers.call("POST", f"/deployments/{deployment['id']}/create_flow_run", given)["id"])


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

        sweep = start(servers, "sweep", grid={"train.steps": [3, 4]}, note="how long")
        assert servers.wait_for_end(sweep) == "COMPLETED", servers.messages(sweep)
        points = [each for each in runs_of(servers, "pipeline") if "sweep" in each["tags"]]
        notes = {each["parameters"]["note"]: each["id"] for each in points}
        assert sorted(notes) == ["train.steps=3 · how long", "train.steps=4 · how long"]
        assert "steps: 3" in git(toy, "show", f"runs/{notes['train.steps=3 · how long']}:params.yaml")
        artifacts = servers.call("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [sweep]}}})
        (comparison,) = artifacts
        assert "| train.steps | 3 | 4 |" in comparison["data"] or "| train.steps | 4 | 3 |" in comparison["data"]

        asked = start(servers, "promote")
        assert servers.wait_for_end(asked) == "COMPLETED", servers.messages(asked)
        state = servers.run(asked)["state"]
        assert state["name"] == "Refused"
        assert "| audit | none | identical or equivalent | ✗ |" in state["message"]

        registering_again_keeps_what_people_switched(toy, servers)


def registering_again_keeps_what_people_switched(toy: Path, servers: Servers) -> None:
    """The schedule off as shipped, then switched on, with one added beside it; the trigger off; the pool paused."""
    assert schedules_of_monitor(servers) == {"every-morning": ("0 6 * * *", False)}
    monitor = servers.call("GET", "/deployments/name/monitor/monitor")
    place = f"/deployments/{monitor['id']}/schedules"
    servers.call("PATCH", f"{place}/{monitor['schedules'][0]['id']}", {"active": True})
    servers.call("POST", place, [{"slug": "at-night", "schedule": {"cron": "0 1 * * *"}, "active": True}])
    (automation,) = servers.call("POST", "/automations/filter", {})
    servers.call("PATCH", f"/automations/{automation['id']}", {"enabled": False})
    servers.call("PATCH", "/work_pools/kakehashi", {"is_paused": True, "concurrency_limit": 3})

    api = {"PREFECT_API_URL": f"http://127.0.0.1:{servers.prefect_port}/api", "PYTHONPATH": os.curdir}
    subprocess.run([sys.executable, "-m", "flows.register"], cwd=toy, env=child_environment(toy, api), check=True)

    assert schedules_of_monitor(servers) == {"every-morning": ("0 6 * * *", True), "at-night": ("0 1 * * *", True)}
    (automation,) = servers.call("POST", "/automations/filter", {})
    assert (automation["name"], automation["enabled"]) == ("drift starts the pipeline", False)
    pool = servers.call("GET", "/work_pools/kakehashi")
    assert (pool["is_paused"], pool["concurrency_limit"]) == (True, 3)


def schedules_of_monitor(servers: Servers) -> dict[str, tuple[str, bool]]:
    """When, and whether, by slug."""
    known = servers.call("GET", "/deployments/name/monitor/monitor")["schedules"]
    return {each["slug"]: (each["schedule"]["cron"], each["active"]) for each in known}

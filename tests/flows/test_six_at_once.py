"""Six runs started at once where two may run: they queue, each ends as its branch, with the lock of `dvc repro`."""

import subprocess
from pathlib import Path

import pytest

from flows.environment import child_environment, tool
from flows.workspace import git
from tests.flows.served import ENDED, Servers, wait_until

pytestmark = pytest.mark.slow
STEPS = range(3, 9)
MOST_AT_ONCE = 2
"""As infra/prefect.yaml says of `pipeline`."""


def test_six_runs_at_once_end_as_six_done_by_hand(toy: Path, tmp_path: Path) -> None:
    most = 0
    with Servers(toy) as servers:
        ids = {servers.start_run(steps=steps, seconds_per_step=0.1): steps for steps in STEPS}

        def all_ended() -> bool:
            nonlocal most
            states = [servers.run(run_id)["state"]["type"] for run_id in ids]
            most = max(most, states.count("RUNNING"))
            return all(state in ENDED for state in states)

        wait_until(all_ended, "all six have ended", seconds=500)
        ends = [servers.run(run_id)["state"] for run_id in ids]
        assert [end["type"] for end in ends] == ["COMPLETED"] * len(ids), [end["message"] for end in ends]
    assert most == MOST_AT_ONCE
    assert git(toy, "branch", "--format=%(refname:short)", "--list", "runs/*").split() == sorted(
        f"runs/{run_id}" for run_id in ids
    )
    by_hand = tmp_path / "by-hand"
    git(toy, "clone", "--quiet", str(toy), str(by_hand))
    settings = (by_hand / "params.yaml").read_text()
    for run_id, steps in ids.items():
        text = settings.replace("steps: 12", f"steps: {steps}").replace(
            "seconds_per_step: 0.0", "seconds_per_step: 0.1"
        )
        (by_hand / "params.yaml").write_text(text)
        subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=by_hand, env=child_environment(toy), check=True)
        published = subprocess.check_output(["git", "show", f"runs/{run_id}:dvc.lock"], cwd=toy)
        assert published == (by_hand / "dvc.lock").read_bytes(), f"steps {steps}"
    assert list((toy / ".kakehashi" / "runs").iterdir()) == []

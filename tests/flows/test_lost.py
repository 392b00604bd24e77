"""What a run without a process is, and which runs have one."""

import subprocess
import sys

import pytest
from prefect.client.schemas.objects import StateType

from flows.lost import RUN_OF_A_PROCESS, runs_alive, true_state


@pytest.mark.parametrize(
    ("claimed", "true"),
    [
        (StateType.RUNNING, StateType.CRASHED),
        (StateType.CANCELLING, StateType.CANCELLED),
        (StateType.PENDING, StateType.SCHEDULED),  # the next worker takes it up
    ],
)
def test_a_run_without_a_process_gets_the_state_it_is_in(claimed: StateType, true: StateType) -> None:
    assert true_state(claimed).type == true


def test_a_run_is_alive_as_long_as_its_process() -> None:
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(
        command, env={RUN_OF_A_PROCESS: "some run"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "some run" in runs_alive()
        process.communicate(b"\n")
    assert "some run" not in runs_alive()

"""A run whose worker died with its container is found out; one whose worker lives is left alone."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from prefect import get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.environment import child_environment, prefect_environment, tool
from flows.heartbeat import WORKER, Seen, Watch
from flows.register import make_pool
from flows.servers import LOOPBACK, POOL, free_port, started, wait_for
from flows.supervise import Supervised
from tests.flows.served import wait_until

ROOT = Path(__file__).parents[2]
FLOW = "import time\nfrom prefect import flow\n\n\n@flow\ndef wait() -> None:\n    time.sleep(600)\n"
QUIET_SECONDS = 10.0


def seen(run: str, *, worker: str | None = "w", second: int | None = 0, state: str = "s") -> Seen:
    """A run of a worker who said at that second that it lives."""
    said = None if second is None else datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
    return Seen(run, state, StateType.RUNNING, worker, said)


def test_a_run_is_lost_once_nothing_has_changed_about_it_for_too_long() -> None:
    watch = Watch(quiet_seconds=60)
    for now in (0, 30, 59):
        still = [seen("dead"), seen("never labelled", worker=None, second=None)]
        moving = [seen("alive", second=now), seen("retried", state=f"state {now}")]
        assert watch.lost([*still, *moving], now) == []
    assert watch.lost([*still, seen("alive", second=59), seen("retried", state="state 60")], 60) == still


def test_an_absence_of_the_server_is_held_against_nobody() -> None:
    watch = Watch(quiet_seconds=60)
    watch.lost([seen("run")], 0)
    watch.forget()
    assert watch.lost([seen("run")], 61) == []
    watch.lost([], 100)  # it waits for a person, say
    assert watch.lost([seen("run")], 130) == []
    assert watch.lost([seen("run")], 190) == [seen("run")]


@pytest.fixture
def start(toy_environment: None, tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    """Start a program beside a Prefect server of its own; each ends with all it started, and at once."""
    port = free_port()
    api = f"http://{LOOPBACK}:{port}/api"
    extra = {"PREFECT_API_URL": api, "PREFECT_WORKER_HEARTBEAT_SECONDS": "1", "PREFECT_WORKER_QUERY_SECONDS": "1"}
    env = child_environment(tmp_path, {**prefect_environment(tmp_path), **extra, "PYTHONPATH": str(ROOT)})
    Path(env["PREFECT_HOME"]).mkdir(parents=True)
    with ExitStack() as stack:

        def started_here(name: str, *command: str) -> Supervised:
            program = started(tmp_path, tmp_path / f"{name}.log", command, env, grace_seconds=0.1)
            stack.callback(program.stop)
            return program

        server = started_here("server", str(tool("prefect")), "server", "start", "--port", str(port))
        wait_for(f"{api}/health", server, tmp_path / "server.log")
        stack.enter_context(temporary_settings({PREFECT_API_URL: api}))
        yield started_here


@pytest.mark.slow
def test_of_two_workers_runs_the_dead_one_s_is_told(tmp_path: Path, start: Callable[..., Supervised]) -> None:
    make_pool()
    (tmp_path / "wait.py").write_text(FLOW)
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name("wait")
        given = {"name": "wait", "entrypoint": "wait.py:wait", "path": str(tmp_path), "work_pool_name": POOL}
        deployment = client.create_deployment(flow_id, **given)

        def one_more(name: str) -> tuple[Supervised, UUID]:
            worker = start(name, str(tool("prefect")), "worker", "start", "--pool", POOL, "--limit", "1")
            run_id = client.create_flow_run_from_deployment(deployment).id
            wait_until(lambda: of(run_id).state_type == StateType.RUNNING, f"the {name}'s run is there")
            return worker, run_id

        def of(run_id: UUID) -> FlowRun:
            return client.read_flow_run(run_id)

        worker, lost = one_more("first worker")
        _, going_on = one_more("second worker")
        assert of(lost).labels[WORKER] != of(going_on).labels[WORKER]
        worker.stop()
        assert of(lost).state_type == StateType.RUNNING, "Prefect says so for ever"

        mark = tmp_path / "mark"
        start("heartbeat", sys.executable, "-m", "flows.heartbeat", str(mark), "--quiet-seconds", str(QUIET_SECONDS))
        wait_until(lambda: of(lost).state_type == StateType.CRASHED, "its end is known")
        assert of(going_on).state_type == StateType.RUNNING
        assert mark.is_file()
    wait_until(lambda: str(lost) in (tmp_path / "heartbeat.log").read_text(), "it says which run")


def test_it_goes_on_while_prefect_is_away_and_marks_nothing(toy_environment: None, tmp_path: Path) -> None:
    env = child_environment(tmp_path, {"PREFECT_API_URL": f"http://{LOOPBACK}:9/api", "PYTHONPATH": str(ROOT)})
    command = [sys.executable, "-m", "flows.heartbeat", "mark", "--quiet-seconds", "1"]
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        said = [watch.stdout.readline() for _ in range(2)]
        watch.kill()
    assert all(line.startswith("Prefect could not be asked: ") for line in said)
    assert not (tmp_path / "mark").exists()

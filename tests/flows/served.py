"""A running `kakehashi up` for tests: Prefect's API as a browser would use it, and patience."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil

from flows.environment import child_environment

PATIENCE_SECONDS = 180
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class Servers:
    """A running `kakehashi up`, and Prefect's API as a browser would use it."""

    def __init__(self, project: Path, env: Mapping[str, str] | None = None, options: Sequence[str] = ()):
        self.prefect_port, self.mlflow_port = free_port(), free_port()
        command = [sys.executable, "-m", "flows.cli", "up"]
        command += ["--prefect-port", str(self.prefect_port), "--mlflow-port", str(self.mlflow_port), *options]
        self.process = subprocess.Popen(
            command,
            cwd=project,
            env=env or child_environment(project),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Both are up"):
                return
        raise AssertionError("".join(self.said))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.process.kill()
        self.process.wait()

    @contextmanager
    def without_mlflow(self) -> Iterator[None]:
        """While the block lasts, MLflow's server answers nobody."""
        stopped = list(listening_on(self.mlflow_port))
        assert stopped
        for process in stopped:
            process.suspend()
        try:
            yield
        finally:
            for process in stopped:
                process.resume()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.prefect_port}/api{path}"
        request = urllib.request.Request(address, data, {"content-type": "application/json"}, method=method)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(request) as response:
                    text = response.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as answer:
                if answer.code != 503 or time.monotonic() > deadline:  # 503: busy, ask again, as Prefect's clients do
                    raise
            time.sleep(0.5)

    def start_run(self, *, parameters: Mapping[str, Any] | None = None, **changed: Any) -> str:
        """Start the deployment `pipeline` with other parameters, or with other values of the section `train`."""
        deployment = self.call("GET", "/deployments/name/pipeline/pipeline")
        params = deployment["parameters"]["params"]
        params["train"] |= changed
        return self.start("pipeline", **{"params": params, "note": "through the API", **(parameters or {})})

    def start(self, name: str, **parameters: Any) -> str:
        """Start the deployment of the flow of that name; returns the run's id."""
        deployment = self.call("GET", f"/deployments/name/{name}/{name}")
        path = f"/deployments/{deployment['id']}/create_flow_run"
        return str(self.call("POST", path, {"parameters": parameters})["id"])

    def wait_for_end(self, run_id: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The type of the state in which the run ended."""
        wait_until(lambda: self.run(run_id)["state"]["type"] in ENDED, "the run has ended", seconds)
        return str(self.run(run_id)["state"]["type"])

    def wait_until_suspended(self, run_id: str) -> None:
        def suspended() -> bool:
            state = self.run(run_id)["state"]
            assert state["type"] not in ENDED, f"{state['name']}: {state['message']}\n{self.messages(run_id)}"
            return bool(state["name"] == "Suspended")

        wait_until(suspended, "the run is suspended")

    def resume(self, run_id: str, **answer: str) -> dict[str, Any]:
        """Send the form of a suspended run, as its page does."""
        return dict(self.call("POST", f"/flow_runs/{run_id}/resume", {"run_input": answer}))

    def retry(self, run_id: str) -> None:
        """Try an ended run again, as its page does."""
        state = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
        self.call("POST", f"/flow_runs/{run_id}/set_state", state)

    def form_of(self, run_id: str) -> tuple[str, dict[str, Any]]:
        """What stands above the form of a suspended run, and its fields; Prefect writes them just after the state."""
        keys = self.run(run_id)["state"]["state_details"]["run_input_keyset"]

        def written() -> bool:
            try:
                self.call("GET", f"/flow_runs/{run_id}/input/{keys['description']}")
            except urllib.error.HTTPError as answer:
                return answer.code != 404
            return True

        wait_until(written, "the form is there")
        schema = self.call("GET", f"/flow_runs/{run_id}/input/{keys['schema']}")
        return str(self.call("GET", f"/flow_runs/{run_id}/input/{keys['description']}")), schema["properties"]

    def artifacts(self, run_id: str) -> dict[str, Any]:
        """What the run left on its page, by key, the newest of each."""
        given = {"artifacts": {"flow_run_id": {"any_": [run_id]}}, "sort": "CREATED_DESC"}
        found = self.call("POST", "/artifacts/filter", given)
        return {artifact["key"]: artifact for artifact in reversed(found)}

    def run(self, run_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/flow_runs/{run_id}"))

    def task_states(self, run_id: str) -> dict[str, str]:
        runs = self.call("POST", "/task_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
        return {run["name"]: run["state"]["name"] for run in runs if run["state"]}  # a new one has none yet

    def messages(self, run_id: str) -> str:
        logs = self.call("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_ASC"})
        return "\n".join(log["message"] for log in logs)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening_on(port: int) -> Iterator[psutil.Process]:
    """The processes that take connections on a port."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if any(
                socket.status == psutil.CONN_LISTEN and socket.laddr.port == port
                for socket in process.net_connections("tcp")
            ):
                yield process


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.2) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(every)


def postgresql_is_installed() -> bool:
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))

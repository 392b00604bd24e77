"""What a machine does to runs on real servers: each trouble is one line of the run that met it, and the rest goes on.

The checkout is detached and dirty, and git knows nobody's name: a run must not mind.
"""

import contextlib
import http.client
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mlflow import MlflowClient

from components.published import COMPLETE, EXPERIMENT
from flows.environment import child_environment, tool
from flows.workspace import git
from tests.flows.conftest import IDENTITY, make_toy
from tests.flows.served import Servers, wait_until

pytestmark = pytest.mark.slow
DISK_FULL = "the disk is full. Free some space and run again; nothing half-written is left, earlier results stay."


@dataclass(frozen=True)
class Served:
    """The toy project and its servers."""

    toy: Path
    servers: Servers


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("troubles")
    (folder / "gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    with pytest.MonkeyPatch.context() as patched:
        for name in ("KAKEHASHI_HOME", "KAKEHASHI_DATABASE", "PREFECT_HOME", "PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
            patched.delenv(name, raising=False)
        patched.setenv("DVC_SITE_CACHE_DIR", str(folder / "site"))
        patched.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
        for name in IDENTITY:
            patched.delenv(name, raising=False)
        toy = make_toy(folder / "toy")
        git(toy, "checkout", "--quiet", "--detach")
        (toy / "new.txt").write_text("uncommitted\n")
        with Servers(toy) as servers:
            yield Served(toy, servers)


@contextlib.contextmanager
def answered_by(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server in this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def mortal(mlflow_port: int, last_request: str) -> type[BaseHTTPRequestHandler]:
    """The real MLflow server, which dies once it has answered a request with these words in its body."""

    class Mortal(BaseHTTPRequestHandler):
        dead = False

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if Mortal.dead:
                return  # the connection closes without an answer
            real = http.client.HTTPConnection("127.0.0.1", mlflow_port)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            real.request(self.command, self.path, body, headers)
            answer = real.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("content-type", answer.headers.get("content-type", "application/json"))
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            Mortal.dead = last_request in body.decode(errors="replace")

        do_GET = do_PATCH = do_DELETE = do_POST

        def log_message(self, *words: object) -> None:
            pass

    return Mortal


class Refusing(BaseHTTPRequestHandler):
    """An S3 store that knows the key of nobody."""

    def do_GET(self) -> None:
        self.send_response(403)
        self.send_header("content-length", "0")
        self.end_headers()

    do_HEAD = do_PUT = do_GET

    def log_message(self, *words: object) -> None:
        pass


def start(servers: Servers, name: str, env: dict[str, str] | None = None, **parameters: object) -> str:
    """Start a deployment, its process with `env` over the worker's environment."""
    deployment = servers.call("GET", f"/deployments/name/{name}/{name}")
    given = {"parameters": parameters, "job_variables": {"env": env or {}}}
    return str(servers.call("POST", f"/deployments/{deployment['id']}/create_flow_run", given)["id"])


def said_in_one_line(servers: Servers, run_id: str) -> str:
    """The message with which the run failed; it stands in the log too, and no traceback does."""
    assert servers.wait_for_end(run_id) == "FAILED", servers.messages(run_id)
    message = str(servers.run(run_id)["state"]["message"])
    assert "\n" not in message
    wait_until(lambda: message in servers.messages(run_id).splitlines(), "its log has arrived")
    assert "Traceback" not in servers.messages(run_id)
    return message


def test_mlflow_that_dies_at_the_very_end_fails_no_run_of_a_nameless_user_in_a_detached_and_dirty_checkout(
    served: Served,
) -> None:
    servers = served.servers
    with answered_by(mortal(servers.mlflow_port, f'"key": "{COMPLETE}"')) as dying:
        run_id = start(servers, "pipeline", {"MLFLOW_TRACKING_URI": dying})
        assert servers.wait_for_end(run_id) == "COMPLETED", servers.messages(run_id)
    assert servers.task_states(run_id)["publish to MLflow"] == "Skipped"
    mlflow = MlflowClient(f"http://127.0.0.1:{servers.mlflow_port}")
    (experiment,) = mlflow.search_experiments(filter_string=f"name = '{EXPERIMENT}'")
    (parent,) = mlflow.search_runs([experiment.experiment_id], f"tags.`{COMPLETE}` = 'true'")
    assert parent.data.tags["prefect.flow_run_id"] == run_id, "MLflow died before the end"
    advice = f"publish it later: kakehashi publish {run_id}"
    wait_until(lambda: advice in servers.messages(run_id), "its log has arrived")
    assert git(served.toy, "show", "--no-patch", "--format=%an", f"runs/{run_id}") == "kakehashi"
    assert git(served.toy, "show", f"runs/{run_id}:new.txt") == "uncommitted"
    assert git(served.toy, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_a_full_disk_under_the_flow_is_one_line(served: Served) -> None:
    """`/dev/full` stands for it: there the kernel refuses every byte with ENOSPC."""
    link = served.toy / ".params.yaml.draft"  # through which the clone's new params.yaml is written
    link.symlink_to("/dev/full")
    try:
        run_id = served.servers.start_run(steps=3)
        assert said_in_one_line(served.servers, run_id) == DISK_FULL
    finally:
        link.unlink()
    assert not (served.toy / ".kakehashi" / "runs" / run_id).exists()


def test_a_full_disk_under_git_and_under_a_stage_is_one_line(served: Served) -> None:
    """A true disk of six megabytes, on which the private clones lie: a stage fills it, then a clone finds no room."""
    runs = served.toy / ".kakehashi" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "small", runs], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        ballast = served.servers.call("GET", "/deployments/name/pipeline/pipeline")["parameters"]["params"]
        ballast["collect"]["ballast_files"] = 3000
        run_id = start(served.servers, "pipeline", params=ballast)
        said = said_in_one_line(served.servers, run_id)
        assert said == f"stage collect failed (exit code 1): {DISK_FULL}"
        with contextlib.suppress(OSError), (runs / "rest").open("wb", buffering=0) as rest:
            while rest.write(bytes(4096)):
                pass
        run_id = start(served.servers, "pipeline")
        said = said_in_one_line(served.servers, run_id)
        assert re.fullmatch(r"The disk of .* is full: `git .*` failed\. Free some space and run again\.", said)
    finally:
        subprocess.run(["umount", "--lazy", runs], check=True)


def test_a_store_that_refuses_is_one_line_of_the_audit_that_wants_raw_data_from_it(served: Served) -> None:
    toy = served.toy
    (toy / "raw.txt").write_text("raw\n")
    env = child_environment(toy)
    subprocess.run([tool("dvc"), "add", "--quiet", "raw.txt"], cwd=toy, env=env, check=True)
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=toy, env=env, check=True)
    git(toy, "add", "--all")
    git(toy, "commit", "--quiet", "--message", "raw data that DVC keeps")
    for file in (toy / ".dvc" / "cache").rglob("*"):
        if file.is_file() and file.read_bytes() == b"raw\n":
            file.unlink()
    url = [tool("dvc"), "remote", "modify", "--local", "store", "url", "s3://runs/kakehashi"]
    subprocess.run(url, cwd=toy, env=env, check=True)
    with answered_by(Refusing) as address:
        keys = {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "toy", "AWS_SECRET_ACCESS_KEY": "toy"}
        said = said_in_one_line(served.servers, start(served.servers, "audit", keys))
    wanted = "Raw data that no stage recomputes is not to be had: raw.txt.dvc. failed to connect to s3 (runs/kakehashi/"
    assert said.startswith(wanted) and "Forbidden" in said

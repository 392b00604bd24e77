"""Prefect's server, MLflow's server and a worker, kept up: one that ends by itself is started again.

A run cannot outlive its worker, nor say how it goes without the server. So when one of these two ends, its runs end
too, within seconds; once both are back, `flows.lost` makes the states of these runs true, and each can be retried.
"""

import contextlib
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from components.outputs import whole_file
from flows import supervise
from flows.environment import child_environment, prefect_environment, tool
from flows.servers import (
    LOOPBACK,
    POOL,
    Addresses,
    Databases,
    ServerError,
    answering,
    artifact_folder,
    last_words,
    log_file,
    port_is_free,
    record,
    sqlite,
    started,
    wait_for,
)
from flows.supervise import GRACE_SECONDS, Supervised

WORKER_QUERY_SECONDS = 2
WORKER_GRACE_SECONDS = 2.0
"""How long a worker and its runs may tidy up once they are told to end."""
MOST_ENDS, WITHIN_SECONDS = 5, 60.0
"""A server that ends by itself so often within this time is not started again."""


@dataclass
class Server:
    """One of the three, started again when it ends."""

    name: str
    home: Path
    command: list[str]
    env: Mapping[str, str]
    health: str = ""
    """The page that answers once it is ready; a worker has none."""
    grace_seconds: float = GRACE_SECONDS
    process: Supervised | None = None
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_ENDS))

    @property
    def log(self) -> Path:
        return log_file(self.home, self.name)

    def start(self) -> None:
        """Start it; where its log is, the words of an earlier start stay."""
        again = self.process is not None
        self.process = started(
            self.home, self.log, self.command, self.env, again=again, grace_seconds=self.grace_seconds
        )

    def wait_until_ready(self) -> None:
        """Wait for its health page.

        Raises:
            ServerError: it ended, or did not answer in time.
        """
        assert self.process is not None
        if self.health:
            wait_for(self.health, self.process, self.log)
        elif not self.process.running():
            raise ServerError(f"The {self.name} ended: {last_words(self.log)}")

    def ended(self) -> bool:
        """Whether it was started and has ended by itself."""
        return self.process is not None and not self.process.running()

    def count_end(self) -> None:
        """Take note that it ended.

        Raises:
            ServerError: it does so too often.
        """
        self.ends.append(time.monotonic())
        if len(self.ends) == MOST_ENDS and self.ends[-1] - self.ends[0] < WITHIN_SECONDS:
            raise ServerError(
                f"{self.name} ended {MOST_ENDS} times within {WITHIN_SECONDS:.0f} s, the last time with: "
                f"{last_words(self.log)}\nIts whole log: {self.log}"
            )

    def stop(self) -> None:
        """End it and all that it started."""
        if self.process is not None:
            self.process.stop()


@dataclass
class Up:
    """The three together."""

    addresses: Addresses
    prefect: Server
    mlflow: Server
    worker: Server
    say: Callable[[str], None]

    def start(self) -> None:
        """Start all three, with our deployments registered and runs that an earlier end left behind ended.

        Raises:
            ServerError: one of them ended or did not answer in time; its last words are in the message.
        """
        self.say("Starting the Prefect server and the MLflow server …")
        self.prefect.start()
        self.mlflow.start()
        self.prefect.wait_until_ready()
        self.say(f"Prefect answers on {self.addresses.prefect}. Registering the deployments of infra/prefect.yaml …")
        self._ask("The deployments of infra/prefect.yaml could not be registered", "flows.register", "--alone")
        self.worker.start()
        self.mlflow.wait_until_ready()
        self.worker.wait_until_ready()

    def look(self) -> None:
        """Start again what has ended by itself since the last look.

        Raises:
            ServerError: it cannot be started, or ends again and again.
        """
        ended = [server for server in (self.prefect, self.mlflow, self.worker) if server.ended()]
        for server in ended:
            self.say(f"{server.name} has ended and is started again. Its log: {server.log}")
            server.count_end()
            server.stop()
        if self.mlflow in ended:
            self.mlflow.start()
        if self.prefect in ended:
            self.worker.stop()
            self.prefect.start()
            self.prefect.wait_until_ready()
        if self.prefect in ended or self.worker in ended:
            self._ask("The runs that ended with it could not be told so", "flows.lost")
            self.worker.start()
        if self.mlflow in ended:
            self.mlflow.wait_until_ready()

    def stop(self) -> None:
        """End all three, the worker first."""
        for server in (self.worker, self.mlflow, self.prefect):
            server.stop()

    def _ask(self, trouble: str, *module: str) -> None:
        """Run a module that talks to Prefect, in a process of its own: this one need not import it."""
        command = [sys.executable, "-m", *module]
        said: list[str] = []
        done = supervise.run(command, cwd=self.worker.home, env=self.worker.env, on_text=said.append)
        if done.exit_code != 0:
            raise ServerError(f"{trouble}: {''.join(said).strip()[-2000:]}")


@contextlib.contextmanager
def servers_up(
    home: Path,
    *,
    prefect_port: int = 4200,
    mlflow_port: int = 5000,
    databases: Databases | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[Up]:
    """Keep Prefect's server, MLflow's server and a worker with our deployments up while the block lasts.

    All listen on loopback only and write their logs into `.kakehashi/logs`. Without `databases` they use `sqlite`.
    However the block ends, `kill -9` of this process included, nothing of them is left.

    Raises:
        ServerError: a port is taken, or a server ended or did not answer in time; its last words are in the message.
    """
    if there := answering(home):
        raise ServerError(f"They are up in this checkout: Prefect on {there.prefect}, MLflow on {there.mlflow}.")
    addresses = Addresses(f"http://{LOOPBACK}:{prefect_port}", f"http://{LOOPBACK}:{mlflow_port}")
    for port, option in ((prefect_port, "--prefect-port"), (mlflow_port, "--mlflow-port")):
        if not port_is_free(port):
            raise ServerError(f"Port {port} is taken. Stop what uses it, or choose another with {option}.")
    up = _described(home, addresses, prefect_port, mlflow_port, databases or sqlite(home), say)
    artifact_folder(home).mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.callback(up.stop)
        up.start()
        with whole_file(record(home)) as draft:
            draft.write_text(json.dumps(asdict(addresses)) + "\n", encoding="utf-8")
        stack.callback(record(home).unlink, missing_ok=True)
        yield up


def _described(
    home: Path, addresses: Addresses, prefect_port: int, mlflow_port: int, kept: Databases, say: Callable[[str], None]
) -> Up:
    """The three, not started yet. Databases go by the environment: every user of the machine may read command lines."""
    env = child_environment(home, prefect_environment(home))
    env.pop("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL")  # here the console is a log file
    env.pop("KAKEHASHI_DATABASE", None)  # it may hold a password, which no run needs
    env |= {
        "PREFECT_API_URL": addresses.prefect_api,
        "MLFLOW_TRACKING_URI": addresses.mlflow,
        "PREFECT_WORKER_QUERY_SECONDS": str(WORKER_QUERY_SECONDS),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(home), os.environ.get("PYTHONPATH")])),
    }
    prefect_env = {**env, **({"PREFECT_SERVER_DATABASE_CONNECTION_URL": kept.prefect} if kept.prefect else {})}
    mlflow_env = {**env, "MLFLOW_BACKEND_STORE_URI": kept.mlflow}
    prefect, mlflow = str(tool("prefect")), str(tool("mlflow"))
    serve = [prefect, "server", "start", "--host", LOOPBACK, "--port", str(prefect_port)]
    folder = str(artifact_folder(home))  # not proxied: a client with the SQLite file writes to the very same place
    track = [mlflow, "server", "--host", LOOPBACK, "--port", str(mlflow_port), "--workers", "1"]
    track += ["--no-serve-artifacts", "--default-artifact-root", folder]
    work = [prefect, "worker", "start", "--pool", POOL, "--name", POOL]
    return Up(
        addresses,
        Server("prefect", home, serve, prefect_env, f"{addresses.prefect_api}/health"),
        Server("mlflow", home, track, mlflow_env, f"{addresses.mlflow}/health"),
        Server("worker", home, work, env, grace_seconds=WORKER_GRACE_SECONDS),
        say,
    )

"""Prefect's and MLflow's servers: which ones answer, and how one is started."""

import atexit
import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.environment import STATE, child_environment, tool
from flows.supervise import GRACE_SECONDS, Supervised

LOOPBACK = "127.0.0.1"
POOL = "kakehashi"
WORKER_QUERY_SECONDS = 2
START_SECONDS = 120


class ServerError(RuntimeError):
    """A server that cannot be started; the message says why and what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where people and programs find the two servers."""

    prefect: str
    mlflow: str

    @property
    def prefect_api(self) -> str:
        return f"{self.prefect}/api"


@dataclass(frozen=True)
class Databases:
    """Where the two servers keep what they know, as SQLAlchemy writes addresses."""

    mlflow: str
    prefect: str = ""
    """Empty: the SQLite file in Prefect's own folder."""


def sqlite(home: Path) -> Databases:
    """The checkout's own SQLite files."""
    return Databases(mlflow=f"sqlite:///{mlflow_database(home)}")


def answering(home: Path) -> Addresses | None:
    """The servers that `kakehashi up` started in this checkout, if both answer now."""
    file = record(home)
    if not file.is_file():
        return None
    addresses = Addresses(**json.loads(file.read_text(encoding="utf-8")))
    both = answers(f"{addresses.prefect_api}/health") and answers(f"{addresses.mlflow}/health")
    return addresses if both else None


def tracking_uri(home: Path, servers: Addresses | None) -> str:
    """Where MLflow is told: `MLFLOW_TRACKING_URI` if set, a server of ours that answers, or else a SQLite file."""
    if named := os.environ.get("MLFLOW_TRACKING_URI"):
        return named
    return servers.mlflow if servers else sqlite(home).mlflow


def pages(uri: str) -> str:
    """Where people's browsers find MLflow: `KAKEHASHI_MLFLOW_PAGES` where programs know it by another name."""
    return (os.environ.get("KAKEHASHI_MLFLOW_PAGES") or uri).rstrip("/")


def reachable_mlflow(home: Path) -> str:
    """`tracking_uri`, once it is sure that somebody was told there and can be asked.

    Raises:
        LookupError: nothing was ever published from this checkout.
        ServerError: the server that is named does not answer.
    """
    uri = tracking_uri(home, answering(home))
    if uri.startswith("http") and not answers(f"{uri.rstrip('/')}/health"):
        raise ServerError(f"MLflow does not answer on {uri}. Start it (make up), or unset MLFLOW_TRACKING_URI.")
    if uri.endswith(str(mlflow_database(home))) and not mlflow_database(home).is_file():
        raise LookupError("No run is published yet. Do one: kakehashi run.")
    return uri


def mlflow_database(home: Path) -> Path:
    """MLflow's SQLite file, read and written by both doors."""
    return home / STATE / "mlflow.db"


def artifact_folder(home: Path) -> Path:
    """Where MLflow keeps files, for both doors: the SQLite file alone, and the server before it."""
    return home / STATE / "mlartifacts"


def answers(url: str, timeout_seconds: float = 2.0) -> bool:
    """Whether `url` answers within the time: with success, or by asking who we are, which its clients will say."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_seconds) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as refused:
        return refused.code in (401, 403)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def prefect_for_a_run(home: Path) -> Callable[[], None]:
    """Have Prefect ready for one run in the checkout: `kakehashi up`'s server, or one of our own without pages.

    Sets `PREFECT_API_URL` at once, so that Prefect can be imported while the server starts; the function that comes
    back waits until the server answers. Prefect would start a server by itself, but one that outlives a killed run.
    Ours ends when this process does, after Prefect has sent its last words.

    Raises:
        ServerError: the server ended or did not answer in time (from the function that comes back).
    """
    if up := answering(home):
        os.environ["PREFECT_API_URL"] = up.prefect_api
        return lambda: None
    port = free_port()
    os.environ["PREFECT_API_URL"] = api = f"http://{LOOPBACK}:{port}/api"
    log = log_file(home, "prefect-of-a-run")
    command = [str(tool("prefect")), "server", "start", "--host", LOOPBACK, "--port", str(port)]
    server = started(home, log, command, child_environment(home, {"PREFECT_SERVER_UI_ENABLED": "false"}))
    atexit.register(server.let_go)  # before Prefect is imported: what is registered first is called last
    return lambda: wait_for(f"{api}/health", server, log)


def free_port() -> int:
    """A loopback port that nothing listens on at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether nothing listens on this loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def started(
    home: Path,
    log: Path,
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    again: bool = False,
    grace_seconds: float = GRACE_SECONDS,
) -> Supervised:
    """A server under its supervisor, its words in a log file that begins anew unless the server starts `again`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if again else os.O_TRUNC), 0o644)
    try:
        return Supervised(command, cwd=home, env=env, output=output, grace_seconds=grace_seconds)
    finally:
        os.close(output)


def wait_for(url: str, server: Supervised, log: Path) -> None:
    """Wait until a server that was just started answers.

    Raises:
        ServerError: it ended, or did not answer in time; its last words are in the message.
    """
    deadline = time.monotonic() + START_SECONDS
    while not answers(url, timeout_seconds=1.0):
        if not server.running():
            raise ServerError(f"{log.stem} ended before it answered: {last_words(log)}\nIts whole log: {log}")
        if time.monotonic() > deadline:
            raise ServerError(f"{log.stem} did not answer within {START_SECONDS} s. Its log: {log}")
        time.sleep(0.1)


def last_words(log: Path, lines: int = 5) -> str:
    """The end of a server's log, for the message that says why it ended."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def log_file(home: Path, name: str) -> Path:
    """Where a server's words go."""
    return home / STATE / "logs" / f"{name}.log"


def record(home: Path) -> Path:
    """Where `kakehashi up` writes down its addresses for as long as it lasts."""
    return home / STATE / "servers.json"

"""Where the servers keep what they know: SQLite files, a PostgreSQL server, or a PostgreSQL of the checkout's own."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg2
from psycopg2 import sql

from flows.environment import STATE
from flows.servers import Databases, ServerError, last_words, log_file, sqlite, started
from flows.supervise import Supervised

PREFECT, MLFLOW = "kakehashi_prefect", "kakehashi_mlflow"
OWNER = "kakehashi"
"""The role of a private PostgreSQL to which everything in it belongs."""
SYSTEM_USER = "postgres"
START_SECONDS = 60
ANOTHER_SERVER = "name a server that runs already: --database postgresql://user@host"


@contextlib.contextmanager
def kept(home: Path, address: str = "", *, private: bool = False) -> Iterator[Databases]:
    """The servers' databases while the block lasts: on the PostgreSQL server at `address`, private, or SQLite.

    Raises:
        ServerError: both are asked for, or PostgreSQL cannot be started, reached, or given the databases.
    """
    if address and private:
        raise ServerError("--database names a server and --postgresql starts one: choose one of the two.")
    if private:
        with private_cluster(home) as own:
            yield on_server(own)
    else:
        yield on_server(address) if address else sqlite(home)


def on_server(address: str) -> Databases:
    """The two databases on a PostgreSQL server, made if they are missing.

    Args:
        address: `postgresql://user:password@host:port`, with whatever libpq takes behind a `?`. A database in it
            is where we ask to make ours; `postgres` without one.

    Raises:
        ServerError: it is no such address, the server does not let us in, or refuses to make a database.
    """
    found = addresses(address)
    try:
        _make_missing(address, (PREFECT, MLFLOW))
    except psycopg2.OperationalError as error:
        raise ServerError(
            f"PostgreSQL cannot be used: {str(error).strip()}. Check the address and its user."
        ) from error
    except psycopg2.Error as error:
        by_hand = f"createdb {PREFECT} && createdb {MLFLOW}"
        raise ServerError(f"PostgreSQL refuses: {str(error).strip()}. Make the databases by hand: {by_hand}") from error
    return found


def addresses(address: str) -> Databases:
    """The two databases as their drivers want them named: asyncpg for Prefect, psycopg2 for MLflow."""
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ServerError("--database must be like postgresql://user@host:5432 (Prefect and MLflow add their drivers).")
    asked = parse_qsl(parts.query)
    for_asyncpg = urlencode([("ssl" if name == "sslmode" else name, value) for name, value in asked], safe="/")
    prefect = parts._replace(scheme="postgresql+asyncpg", path=f"/{PREFECT}", query=for_asyncpg)
    mlflow = parts._replace(scheme="postgresql+psycopg2", path=f"/{MLFLOW}")
    return Databases(prefect=prefect.geturl(), mlflow=mlflow.geturl())


@contextlib.contextmanager
def private_cluster(home: Path) -> Iterator[str]:
    """A PostgreSQL server of the checkout's own while the block lasts; gives its address.

    Its data stays in `.kakehashi/postgresql`. It listens on no port, only on a socket in a folder that nobody but its
    own user (and root) can enter. PostgreSQL refuses to be root: then it runs as the user `postgres`.

    Raises:
        ServerError: PostgreSQL is not installed, cannot reach the checkout, or does not start.
    """
    data = home / STATE / "postgresql"
    programs, as_owner = _programs(data), _as_owner(home)
    _make_cluster(data, programs, as_owner)
    log = log_file(home, "postgresql")
    with contextlib.ExitStack() as stack:
        socket = stack.enter_context(tempfile.TemporaryDirectory(prefix="kakehashi-"))  # socket paths must be short
        _give_away(Path(socket))
        settings = {"listen_addresses": "", "unix_socket_directories": socket}
        command = [*as_owner, f"{programs}/postgres", "-D", str(data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = stack.enter_context(started(home, log, command, os.environ))
        address = f"postgresql://{OWNER}@/?host={socket}"
        _wait_for(address, server, log)
        stack.callback(_stop, [*as_owner, f"{programs}/pg_ctl"], data)  # before the supervisor ends it less gently
        yield address


def _stop(pg_ctl: list[str], data: Path) -> None:
    stop = [*pg_ctl, "stop", "--silent", "--mode=fast", "--pgdata", str(data)]
    subprocess.run(stop, cwd="/", stderr=subprocess.DEVNULL)  # it may have ended by itself


def _make_missing(address: str, names: tuple[str, ...]) -> None:
    asked_in = urlsplit(address).path.strip("/") or "postgres"
    with contextlib.closing(psycopg2.connect(address, dbname=asked_in, connect_timeout=10)) as connection:
        connection.autocommit = True  # a database cannot be made inside a transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database")
            there = {row[0] for row in cursor.fetchall()}
            for name in names:
                if name not in there:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _programs(data: Path) -> Path:
    """The folder of PostgreSQL's programs, of the release that made `data` if Debian has several."""
    made_by = data / "PG_VERSION"
    release = made_by.read_text(encoding="utf-8").strip() if made_by.is_file() else "*"
    debian = sorted(Path("/usr/lib/postgresql").glob(f"{release}/bin/initdb"), key=lambda file: int(file.parts[-3]))
    on_path = shutil.which("initdb")
    found = debian[-1] if debian else Path(on_path).resolve() if on_path else None
    if found is None:
        which = "" if release == "*" else f" {release}, which made {data},"
        raise ServerError(
            f"PostgreSQL{which} is not installed. Install it (Debian: apt-get install postgresql), or {ANOTHER_SERVER}"
        )
    return found.parent


def _as_owner(home: Path) -> list[str]:
    """What to put before a command so that it is not root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        reason = f"PostgreSQL refuses to run as root, and there is no user `{SYSTEM_USER}` to run it as."
        raise ServerError(f"{reason} Start as another user, or {ANOTHER_SERVER}") from None
    as_owner = ["setpriv", f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--init-groups"]
    if subprocess.run([*as_owner, "test", "-x", str(home)]).returncode != 0:
        reason = f"PostgreSQL refuses to run as root, and the user `{SYSTEM_USER}` cannot enter {home}."
        raise ServerError(f"{reason} Let it pass (chmod o+x on the folders above), or {ANOTHER_SERVER}")
    return as_owner


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)


def _make_cluster(data: Path, programs: Path, as_owner: list[str]) -> None:
    """Make the data folder, whole or not at all."""
    if data.is_dir():
        return
    draft = data.with_name(f".{data.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    _give_away(draft)
    options = [f"--username={OWNER}", "--auth=trust", "--encoding=UTF8", "--no-locale", f"--pgdata={draft}"]
    done = subprocess.run([*as_owner, f"{programs}/initdb", *options], cwd="/", capture_output=True, text=True)
    if done.returncode != 0:
        raise ServerError(f"PostgreSQL's data folder could not be made: {(done.stderr or done.stdout).strip()}")
    draft.rename(data)


def _wait_for(address: str, server: Supervised, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg2.connect(address, dbname="postgres").close()
        except psycopg2.OperationalError as error:
            if not server.running():
                raise ServerError(
                    f"postgresql ended before it answered: {last_words(log)}\nIts whole log: {log}"
                ) from error
            if time.monotonic() > deadline:
                raise ServerError(f"postgresql did not answer within {START_SECONDS} s. Its log: {log}") from error
            time.sleep(0.1)
        else:
            return

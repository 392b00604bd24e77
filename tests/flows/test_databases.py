"""The servers' databases: addresses for two drivers, and a PostgreSQL of the checkout's own that survives a kill."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from flows import databases
from flows.servers import Databases, ServerError
from tests.flows.served import postgresql_is_installed

needs_postgresql = pytest.mark.skipif(
    not postgresql_is_installed(), reason="PostgreSQL is not installed: apt-get install postgresql"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A checkout's place that other users can enter: root must run PostgreSQL as one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def names(address: str) -> set[str]:
    with psycopg2.connect(address, dbname="postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize(
    ("address", "prefect", "mlflow"),
    [
        (
            "postgresql://ann:p%40ss@db.example:5433",
            "postgresql+asyncpg://ann:p%40ss@db.example:5433/kakehashi_prefect",
            "postgresql+psycopg2://ann:p%40ss@db.example:5433/kakehashi_mlflow",
        ),
        (
            "postgres://ann@db/maintenance?sslmode=require",
            "postgresql+asyncpg://ann@db/kakehashi_prefect?ssl=require",
            "postgresql+psycopg2://ann@db/kakehashi_mlflow?sslmode=require",
        ),
        (
            "postgresql://ann@/?host=/run/pg",
            "postgresql+asyncpg://ann@/kakehashi_prefect?host=/run/pg",
            "postgresql+psycopg2://ann@/kakehashi_mlflow?host=/run/pg",
        ),
    ],
    ids=["password", "tls", "socket"],
)
def test_each_driver_gets_the_address_it_reads(address: str, prefect: str, mlflow: str) -> None:
    assert databases.addresses(address) == Databases(prefect=prefect, mlflow=mlflow)


def test_a_wrong_address_is_answered_with_a_right_one() -> None:
    with pytest.raises(ServerError, match=r"--database must be like postgresql://user@host:5432"):
        databases.on_server("mysql://ann@db")


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(ServerError, match="PostgreSQL cannot be used") as refused:
        databases.on_server("postgresql://ann:hidden@127.0.0.1:1")
    assert "hidden" not in str(refused.value)


def test_one_back_end_at_a_time(home: Path) -> None:
    with (
        pytest.raises(ServerError, match="--database names a server and --postgresql starts one"),
        databases.kept(home, "postgresql://ann@db", private=True),
    ):
        pass


def test_without_a_word_it_is_sqlite(home: Path) -> None:
    with databases.kept(home) as kept:
        assert kept == Databases(mlflow=f"sqlite:///{home}/.kakehashi/mlflow.db")
    assert not list(home.iterdir())


@needs_postgresql
@pytest.mark.slow
def test_a_private_postgresql_keeps_its_data_and_survives_a_kill(home: Path) -> None:
    data = home / ".kakehashi" / "postgresql"
    with databases.private_cluster(home) as address:
        socket = Path(address.split("host=")[1])
        assert socket.stat().st_mode & 0o777 == 0o700
        databases.on_server(address)
        databases.on_server(address)  # they are there: nothing to make
        assert names(address) == {"postgres", databases.PREFECT, databases.MLFLOW}
        with psycopg2.connect(address, dbname="postgres") as connection, connection.cursor() as cursor:
            cursor.execute("SHOW listen_addresses")
            assert cursor.fetchone() == ("",)
        with pytest.raises(ServerError, match=r"(?s)postgresql ended.*lock file"), databases.private_cluster(home):
            pass
        assert names(address), "a second start does not stop the first"
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert not socket.exists()
    with databases.private_cluster(home) as address:
        assert names(address) == {"postgres", databases.PREFECT, databases.MLFLOW}
    assert not (data / "postmaster.pid").exists(), "it was stopped gently"


@needs_postgresql
def test_a_folder_that_the_database_user_cannot_enter_is_named(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to run PostgreSQL as another user")
    home.chmod(0o700)
    with pytest.raises(ServerError, match=rf"the user `postgres` cannot enter {home}"), databases.private_cluster(home):
        pass

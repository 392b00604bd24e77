"""Which servers count as answering, and that one checkout has them once."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.servers import ServerError, answers, record
from flows.up import servers_up
from tests.flows.served import free_port


class AsAsked(BaseHTTPRequestHandler):
    """Answers with the status that the last part of the address names."""

    def do_GET(self) -> None:
        last = self.path.rsplit("/", 1)[-1]
        self.send_response(int(last) if last.isdigit() else 200)
        self.end_headers()

    def log_message(self, *words: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), AsAsked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("status", "expected"), [(200, True), (401, True), (403, True), (404, False), (503, False)])
def test_a_server_that_asks_who_we_are_answers_and_one_that_fails_does_not(
    address: str, status: int, expected: bool
) -> None:
    assert answers(f"{address}/{status}") is expected


def test_nobody_there_is_no_answer() -> None:
    assert not answers(f"http://127.0.0.1:{free_port()}/health")


def test_a_second_up_in_one_checkout_is_refused_and_leaves_the_first_alone(tmp_path: Path, address: str) -> None:
    file = record(tmp_path)
    file.parent.mkdir()
    file.write_text(json.dumps({"prefect": address, "mlflow": address}))
    with (
        pytest.raises(ServerError, match=f"^They are up in this checkout: Prefect on {address}, MLflow on {address}"),
        servers_up(tmp_path, prefect_port=free_port(), mlflow_port=free_port()),
    ):
        pass
    assert file.is_file()

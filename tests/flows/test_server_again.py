"""A server that ends by itself is noticed and starts again, unless it does so too often."""

import os
from pathlib import Path

import pytest

from flows.servers import ServerError
from flows.up import MOST_ENDS, Server
from tests.flows.served import wait_until


def server(home: Path, script: str) -> Server:
    """A server of so much shell."""
    return Server("worker", home, ["sh", "-c", script], dict(os.environ))


def test_it_starts_again_and_its_log_goes_on(tmp_path: Path) -> None:
    short = server(tmp_path, "echo one more life")
    for lives in (1, 2):
        short.start()
        wait_until(short.ended, "it has ended")
        short.count_end()
        short.stop()
        assert short.log.read_text() == "one more life\n" * lives


def test_its_last_words_are_said_when_it_ends_too_often(tmp_path: Path) -> None:
    short = server(tmp_path, "echo the port is taken")
    short.start()
    wait_until(short.ended, "it has ended")
    for _ in range(MOST_ENDS - 1):
        short.count_end()
    with pytest.raises(ServerError, match=r"worker ended 5 times within 60 s, the last time with: the port is taken"):
        short.count_end()


def test_one_that_runs_has_not_ended_and_can_be_stopped(tmp_path: Path) -> None:
    long = server(tmp_path, "sleep 600")
    assert not long.ended()  # nor has one that never began
    long.start()
    assert not long.ended()
    long.stop()
    assert long.ended()

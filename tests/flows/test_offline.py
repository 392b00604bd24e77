"""Nothing calls home: no process of a run asks for a host outside this machine."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.environment import QUIET
from tests.flows.conftest import Ear

ASKING = """
import sys
for event, arguments in [
    ("socket.getaddrinfo", ("a.example", 443, 0, 0, 0)), ("socket.gethostbyname", ("b.example",)),
    ("socket.connect", (None, ("192.0.2.1", 443))), ("socket.getaddrinfo", (b"c.example", 443, 0, 0, 0)),
    ("socket.connect", (None, ("127.0.0.1", 443))), ("socket.connect", (None, "/run/socket")),
    ("socket.getaddrinfo", ("localhost", 80, 0, 0, 0)), ("socket.connect", (None, ("::1", 80, 0, 0))),
]:
    sys.audit(event, *arguments)
"""
"""What a process that asks would make Python announce, without asking."""


def test_the_ear_hears_what_is_asked_outside_and_nothing_else(ear: Ear) -> None:
    subprocess.run([sys.executable, "-c", ASKING], check=True)
    assert [line.split()[0] for line in ear.outside()] == ["a.example", "b.example", "192.0.2.1", "c.example"]


@pytest.mark.slow
def test_a_run_asks_for_no_host_outside(ear: Ear, run_toy: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run_toy("run")
    assert done.returncode == 0, done.stderr
    processes = "\n".join(ear.processes())
    for process in ("flows.cli run", "prefect server start", "dvc", "components.train", "flows/supervise.py"):
        assert process in processes, f"the ear missed {process}"
    assert ear.outside() == []


def test_every_child_has_telemetry_off(tmp_path: Path) -> None:
    """Settings as the programs themselves read them, not as we spell them."""
    script = (
        "import prefect.settings as p, mlflow.telemetry.utils as m; s = p.get_current_settings();"
        "assert not s.server.analytics_enabled and not s.server.ui.show_promotional_content;"
        "assert m.is_telemetry_disabled()"
    )
    subprocess.run(
        [sys.executable, "-c", script], env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **QUIET}, check=True
    )

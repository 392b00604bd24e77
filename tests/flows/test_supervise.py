"""Real processes, really killed: nothing that a supervised command started may be left."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from flows.supervise import Supervised, run

ROOT = Path(__file__).resolve().parents[2]

FAMILY = """
import os, subprocess, sys, time
from pathlib import Path
grandchild = "import os, time; open('grandchild', 'w').write(str(os.getpid())); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", grandchild], start_new_session={own_session})
while not Path("grandchild").exists() or not Path("grandchild").read_text():
    time.sleep(0.01)
Path("child").write_text(str(os.getpid()))
print("family complete", flush=True)
{then}
"""


def family(folder: Path, *, own_session: bool = False, then: str = "time.sleep(600)") -> list[str]:
    """A command that starts a grandchild; both write their process ids into `folder`."""
    script = folder / "family.py"
    script.write_text(textwrap.dedent(FAMILY.format(own_session=own_session, then=then)))
    return [sys.executable, str(script)]


def eventually(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Wait for what must happen at some time; the limit only ends a test that would hang."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def gone(folder: Path) -> bool:
    """Whether neither child nor grandchild lives."""
    pids = [int((folder / name).read_text()) for name in ("child", "grandchild")]
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_output_and_exit_code_come_through(tmp_path: Path) -> None:
    said: list[str] = []
    command = [sys.executable, "-c", "import sys; print('掛け橋'); print('oh', file=sys.stderr); sys.exit(3)"]
    outcome = run(command, cwd=tmp_path, env={**os.environ, "PYTHONUTF8": "1"}, on_text=said.append)
    assert outcome.exit_code == 3
    assert sorted("".join(said).splitlines()) == ["oh", "掛け橋"]
    assert outcome.peak_rss_bytes > 1_000_000  # no Python fits into a megabyte


def test_memory_counts_the_children_too(tmp_path: Path) -> None:
    hold = "import time; block = bytearray(60_000_000); time.sleep(2)"
    script = f"""
import subprocess, sys
for child in [subprocess.Popen([sys.executable, "-c", {hold!r}]) for _ in range(2)]:
    child.wait()
"""
    outcome = run([sys.executable, "-c", script], cwd=tmp_path, on_text=lambda text: None)
    assert outcome.peak_rss_bytes > 120_000_000  # two children with 60 MB each


def test_a_terminal_is_a_terminal(tmp_path: Path) -> None:
    said: list[str] = []
    command = [sys.executable, "-c", "import sys; print(sys.stdout.isatty(), sys.stderr.isatty(), sys.stdin.isatty())"]
    run(command, cwd=tmp_path, on_text=said.append, terminal=True)
    assert "".join(said) == "True True False\r\n"
    said.clear()
    run(command, cwd=tmp_path, on_text=said.append)
    assert "".join(said) == "False False False\n"


def test_a_command_that_does_not_exist_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    outcome = run(["no-such-command"], cwd=tmp_path, on_text=said.append)
    assert outcome.exit_code == 127
    assert "no-such-command cannot be started: No such file or directory." in "".join(said)


@pytest.mark.parametrize("own_session", [False, True], ids=["same session", "a session of its own"])
def test_what_the_command_leaves_behind_ends_with_it(tmp_path: Path, own_session: bool) -> None:
    outcome = run(
        family(tmp_path, own_session=own_session, then="sys.exit(0)"), cwd=tmp_path, on_text=lambda text: None
    )
    assert outcome.exit_code == 0
    assert gone(tmp_path)


def test_an_exception_in_the_caller_ends_the_family(tmp_path: Path) -> None:
    def cancel(text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(family(tmp_path), cwd=tmp_path, on_text=cancel)
    assert gone(tmp_path)


def test_a_deaf_family_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

    def cancel(text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(family(tmp_path, then=deaf), cwd=tmp_path, on_text=cancel)
    assert gone(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "kill"])
def test_killing_the_caller_ends_the_family(tmp_path: Path, number: int) -> None:
    caller = textwrap.dedent(f"""
        from pathlib import Path
        from flows.supervise import run
        run({family(tmp_path, own_session=True)!r}, cwd=Path({str(tmp_path)!r}), on_text=print)
    """)
    process = subprocess.Popen([sys.executable, "-c", caller], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        assert eventually((tmp_path / "child").exists)
        process.send_signal(number)
        process.wait()
        assert eventually(lambda: gone(tmp_path))
    finally:
        process.kill()


def test_killing_the_supervisor_ends_the_family(tmp_path: Path) -> None:
    log = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    with Supervised(family(tmp_path), cwd=tmp_path, env=None, output=log) as process:
        os.close(log)
        assert eventually((tmp_path / "child").exists)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait().exit_code == 128 + signal.SIGKILL
        assert gone(tmp_path)


def test_a_command_whose_supervisor_is_killed_is_not_waited_for(tmp_path: Path) -> None:
    """As the kernel does when memory is short: the command goes on and holds the pipe that its words come through."""
    said: list[str] = []

    def told(text: str) -> None:
        said.append(text)
        for supervisor in psutil.Process().children():
            supervisor.kill()

    began = time.monotonic()
    outcome = run(family(tmp_path), cwd=tmp_path, on_text=told)
    assert time.monotonic() - began < 60  # its sleep is ten minutes
    assert (outcome.exit_code, "".join(said)) == (128 + signal.SIGKILL, "family complete\n")
    assert eventually(lambda: gone(tmp_path))


def test_by_hand_the_end_of_standard_input_ends_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flows.supervise", "--", *family(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert eventually((tmp_path / "child").exists)
    process.communicate()  # closes standard input
    assert process.returncode == 128 + signal.SIGTERM
    assert gone(tmp_path)

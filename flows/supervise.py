"""Run a command so that nothing it started outlives it, nor the process that asked for it.

    caller ──lifeline (a pipe)──▶ supervisor, in a session of its own ──▶ command ──▶ its children

The supervisor ends the whole tree (SIGTERM, then SIGKILL) as soon as the lifeline breaks, it is told to stop,
or the command itself ends. A caller killed with `kill -9` breaks the lifeline too: the kernel closes its pipes.
By hand: `python -m flows.supervise -- sleep 60`, where the end of standard input is the broken lifeline.
"""

import argparse
import codecs
import contextlib
import ctypes
import json
import os
import pty
import resource
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

GRACE_SECONDS = 3.0
"""How long a process may tidy up between SIGTERM and SIGKILL."""
SAMPLE_SECONDS = 0.5
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Outcome:
    """How a supervised command ended."""

    exit_code: int
    """The command's own; 128 + n when signal n ended it."""
    seconds: float
    peak_rss_bytes: int
    """Largest resident memory of the whole tree, summed over its processes at samples half a second apart."""


class Supervised:
    """A command running under its supervisor; leaving the `with` block stops it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str] | None,
        output: int,
        grace_seconds: float = GRACE_SECONDS,
    ):
        """Start `command` in `cwd` with its standard output and error on the file descriptor `output`.

        Told to end, its tree gets `grace_seconds` between SIGTERM and SIGKILL.
        """
        self._grace_seconds = grace_seconds
        report_read, report_write = os.pipe()
        supervisor = [sys.executable, "-P", str(Path(__file__).resolve()), "--report-fd", str(report_write)]
        supervisor += ["--grace-seconds", str(grace_seconds), "--"]
        try:
            self._process = subprocess.Popen(
                [*supervisor, *map(str, command)],
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[report_write],
                start_new_session=True,
            )
        except BaseException:
            os.close(report_read)
            raise
        finally:
            os.close(report_write)
        self._report = os.fdopen(report_read, encoding="utf-8")

    @property
    def pid(self) -> int:
        """The supervisor's process id, which is also the id of the session of everything below it."""
        return self._process.pid

    def running(self) -> bool:
        """Whether the command has not ended yet."""
        return self._process.poll() is None

    def wait(self, timeout_seconds: float | None = None) -> Outcome:
        """Wait for the command's end.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout_seconds`.
        """
        exit_code = self._process.wait(timeout_seconds)
        if exit_code < 0:  # the supervisor itself was killed: do its work
            _end_all(lambda: _session_members(self.pid), grace_seconds=self._grace_seconds)
            return Outcome(128 - exit_code, seconds=0.0, peak_rss_bytes=0)
        report = self._report.read()
        return Outcome(**json.loads(report)) if report else Outcome(exit_code, seconds=0.0, peak_rss_bytes=0)

    def let_go(self) -> None:
        """Break the lifeline and wait for nothing: the supervisor ends the tree."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def stop(self) -> None:
        """End the command and everything it started, and wait until it has ended."""
        self.let_go()
        try:
            self._process.wait(self._grace_seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _end_all(lambda: _session_members(self.pid), grace_seconds=0.0)
        self._report.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    on_text: Callable[[str], None],
    terminal: bool = False,
) -> Outcome:
    """Run `command` to its end under a supervisor, passing its output on as it comes.

    With `terminal`, the command sees a terminal of our own width (so it draws live progress bars) and line ends are
    `\\r\\n`; without, it sees a pipe. Whatever ends this call early (an exception, a signal, `kill -9`) ends the tree.
    """
    read_fd, write_fd = _terminal_pair() if terminal else os.pipe()
    try:
        try:
            process = Supervised(command, cwd=cwd, env=env, output=write_fd)
        finally:
            os.close(write_fd)
        with process:
            for text in _texts(read_fd, process.running):
                on_text(text)
            return process.wait()
    finally:
        os.close(read_fd)


def _terminal_pair() -> tuple[int, int]:
    ours, theirs = pty.openpty()
    columns, rows = shutil.get_terminal_size()
    termios.tcsetwinsize(theirs, (rows, columns))
    return ours, theirs


def _texts(read_fd: int, running: Callable[[], bool]) -> Iterator[str]:
    """What is written to the other side, until that is closed, or the supervisor has ended and nothing is left to read.

    A supervisor that was killed leaves the command with the other side in its hand.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while True:
        over = not running()
        if not select.select([read_fd], [], [], 0 if over else SAMPLE_SECONDS)[0]:
            if over:
                return
            continue
        try:
            chunk = os.read(read_fd, 65536)
        except OSError:  # Linux: a pseudo-terminal whose other side is closed
            chunk = b""
        if not chunk:
            return
        yield decoder.decode(chunk)


# ── the supervisor process ────────────────────────────────────────────────────────────────────────────────────────


def main(arguments: Sequence[str] | None = None) -> int:
    """Supervise one command until it ends, standard input ends, or a signal says stop; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m flows.supervise", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--report-fd", type=int, help="write the outcome as JSON to this open file descriptor")
    parser.add_argument("--grace-seconds", type=float, default=GRACE_SECONDS, help="between SIGTERM and SIGKILL")
    parser.add_argument("command", nargs="+", help="-- and the command to run")
    options = parser.parse_args(arguments)

    _adopt_orphans()
    wake_read, wake_write = os.pipe()
    for end in (wake_read, wake_write):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake_write)
    told_to_stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, frame: told_to_stop.append(received))
    signal.signal(signal.SIGCHLD, lambda received, frame: None)

    began = time.monotonic()
    try:
        command = subprocess.Popen(options.command, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{options.command[0]} cannot be started: {error.strerror}.", file=sys.stderr)
        return _report(options.report_fd, Outcome(127, 0.0, 0))
    peak_rss_bytes = _watch(command, wake_read, told_to_stop)
    _end_all(_tree_below_us, grace_seconds=options.grace_seconds)
    code = command.wait()
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    outcome = Outcome(
        exit_code=code if code >= 0 else 128 - code,
        seconds=round(time.monotonic() - began, 3),
        peak_rss_bytes=max(peak_rss_bytes, largest),
    )
    return _report(options.report_fd, outcome)


def _watch(command: subprocess.Popen[bytes], wake_fd: int, told_to_stop: list[int]) -> int:
    """Wait for the command's end, a signal or the end of standard input; returns the largest memory seen."""
    peak_rss_bytes, pause, lifeline = 0, 0.05, sys.stdin.fileno()
    while command.poll() is None and not told_to_stop:
        ready, _, _ = select.select([wake_fd, lifeline], [], [], pause)
        if lifeline in ready and not os.read(lifeline, 4096):
            break
        if wake_fd in ready:
            os.read(wake_fd, 4096)
        peak_rss_bytes = max(peak_rss_bytes, sum(map(_rss_bytes, _tree_below_us())))
        pause = min(2 * pause, SAMPLE_SECONDS)
    return peak_rss_bytes


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that they can still be found (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _tree_below_us() -> list[psutil.Process]:
    below = psutil.Process().children(recursive=True)
    session = [process for process in _session_members(os.getsid(0)) if process.pid != os.getpid()]
    own_session = os.getsid(0) == os.getpid()  # started by hand, we share the shell's session: leave the shell alone
    return list({*below, *(session if own_session else [])})


def _session_members(session: int) -> list[psutil.Process]:
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            if os.getsid(pid) == session:
                members.append(psutil.Process(pid))
    return members


def _end_all(found: Callable[[], list[psutil.Process]], *, grace_seconds: float) -> None:
    """SIGTERM to each living process that `found` gives, SIGKILL to those left after the grace, until none is left."""
    deadline = time.monotonic() + grace_seconds
    asked: set[psutil.Process] = set()
    while living := [process for process in found() if _lives(process)]:
        late = time.monotonic() >= deadline
        for process in living:
            with contextlib.suppress(psutil.NoSuchProcess):
                if late:
                    process.kill()
                elif process not in asked:
                    process.terminate()
        asked.update(living)
        if time.monotonic() >= deadline + GRACE_SECONDS:
            return  # a process in the kernel's hands (a dead network disk); nobody can end it
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _report(report_fd: int | None, outcome: Outcome) -> int:
    if report_fd is not None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(report_fd, "w", encoding="utf-8") as report:
            json.dump(vars(outcome), report)
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())

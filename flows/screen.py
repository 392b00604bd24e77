"""A stage's raw output, told twice: live on our terminal, and line by line for the log."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TextIO

from flows.measurements import StageRun

KEPT_LINES = 60
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PIECES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")
DVC_HINTS = re.compile(  # what DVC says to a person at a prompt, and nobody is at one
    r"^(Updating lock file|Generating lock file|To track the changes with git|To enable auto staging|"
    r"\s*git add |\s*dvc config core\.autostage|Use `dvc push`|Data and pipelines are up to date)"
)
DVC_BARS = re.compile(
    r"^!|Collecting files and computing hashes|Checking cache in|Committing .* to cache|memory://|Checking out "
)
JUST_BEGUN = re.compile(r"\[00:0[01][<,]")
CURSOR_UP, CLEAR_LINE = "\x1b[A", "\x1b[2K\r"
DVC_COURSE = re.compile(r"^(> |Running stage '|Stage '.*' (didn't change|is cached)|ERROR: failed to reproduce)")


@dataclass(frozen=True)
class Screen:
    """Where a person may be watching: a line before and after each stage, and its own output between them."""

    stream: TextIO | None
    """Standard error of a run in a checkout; None where nobody looks."""
    stages: Mapping[str, str]
    """Every stage of the run in order, with its description."""

    @property
    def live(self) -> bool:
        """Whether bars can be drawn again and again on one line."""
        return self.stream is not None and self.stream.isatty()

    def begins(self, stage: str) -> None:
        """Say which stage begins and what it does."""
        place = list(self.stages).index(stage) + 1
        bold, dim, plain = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if self.live else ("", "", "")
        self._say(f"{bold}{place:>2}/{len(self.stages)} {stage}{plain}  {dim}{self.stages[stage]}{plain}")

    def ends(self, run: StageRun) -> None:
        """Say how it went."""
        if run.state == "cached":
            self._say(f"      nothing to do ({run.reason})")
        else:
            self._say(f"      {run.wall_seconds:.1f} s, at most {run.peak_rss_bytes / 1e9:.2f} GB")

    def _say(self, line: str) -> None:
        if self.stream is not None:
            print(f"{CLEAR_LINE if self.live else ''}{line}", file=self.stream, flush=True)


class StageOutput:
    """Takes text as it comes; gives whole lines to `log`, live text to `screen`, and keeps the last lines."""

    def __init__(self, log: Callable[[str], None], screen: Screen):
        """Pass each line to `log`; a bar redrawn on a live screen becomes one line of the log, its last."""
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._log, self._screen, self._live = log, screen.stream, screen.live
        self._pending = self._bar = ""

    def feed(self, text: str) -> None:
        """The next piece of output, cut anywhere."""
        self._pending += text
        end = 0
        for piece in PIECES.finditer(self._pending):
            if piece.end() == len(self._pending) and piece[0].endswith("\r") and self._live:
                break  # perhaps half of a \r\n
            self._take(piece[0])
            end = piece.end()
        self._pending = self._pending[end:]

    def close(self) -> None:
        """Take what came last without a line end."""
        if self._pending:
            self._take(f"{self._pending}\n")
            self._pending = ""

    def _take(self, piece: str) -> None:
        redraw = self._live and piece.endswith("\r") and not piece.endswith("\n")
        text = ESCAPES.sub("", piece).strip("\r\n").rstrip()
        if redraw:
            dvc_bar = DVC_BARS.search(text)
            self._bar = "" if dvc_bar else text
            flickers = dvc_bar and (len(text) == 1 or JUST_BEGUN.search(text))
            if not flickers:
                self._show(piece.replace(CURSOR_UP, ""))
            return
        line, self._bar = text or self._bar, ""
        if not line or DVC_HINTS.match(line) or DVC_BARS.search(line):
            return
        self.lines.append(line)
        self._log(line)
        if not DVC_COURSE.match(line):
            self._show(piece.rstrip("\r\n").replace(CURSOR_UP, "") + "\n")

    def _show(self, text: str) -> None:
        if self._screen is not None:
            self._screen.write(text)
            self._screen.flush()

    def own_words(self, count: int = 12) -> list[str]:
        """The last lines that the stage itself said, without DVC's frame around them."""
        said = [line for line in self.lines if not DVC_COURSE.match(line)]
        return (said or list(self.lines))[-count:]

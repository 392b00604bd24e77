"""How far a long stage is, read from the lines of its own bars and shown on the run's page."""

import re
import time
from collections.abc import Callable
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact

SECONDS_BETWEEN = 3.0
"""At least so long from one update of the page to the next."""
BAR = re.compile(r"^\s*(?P<what>.*?)\s*:\s*(?P<percent>\d{1,3})%\|")


def percent_shown(line: str) -> tuple[str, float] | None:
    """What a bar's line says is being done, and how many percent of it; None for any other line."""
    found = BAR.match(line)
    return (found["what"], min(100.0, float(found["percent"]))) if found else None


class Gauge:
    """A progress artifact of the current run, made at the stage's first bar and moved by those that follow."""

    def __init__(self, stage: str, clock: Callable[[], float] = time.monotonic):
        self._stage, self._clock = stage, clock
        self._artifact: UUID | None = None
        self._next = 0.0
        self._broken = False

    def read(self, line: str) -> None:
        """Take a line of the stage's output."""
        shown = percent_shown(line)
        if shown and self._clock() >= self._next:
            self._show(shown[1], f"{self._stage}: {shown[0]}")
            self._next = self._clock() + SECONDS_BETWEEN

    def full(self) -> None:
        """The stage has ended well."""
        if self._artifact is not None:
            self._show(100.0, f"{self._stage}: done")

    def _show(self, percent: float, words: str) -> None:
        if self._broken:
            return
        try:
            if self._artifact is None:
                key = f"progress-{re.sub('[^a-z0-9]+', '-', self._stage.lower())}"
                made = create_progress_artifact(percent, key=key, description=words)
                assert isinstance(made, UUID), "Prefect answers a synchronous caller at once"
                self._artifact = made
            else:
                update_progress_artifact(self._artifact, percent, description=words)
        except Exception as error:  # a page that cannot be told is no reason to stop a training
            self._broken = True
            get_run_logger().warning(f"The page is told no more how far {self._stage} is: {error!r}")

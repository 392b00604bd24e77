"""One DVC stage as one Prefect task: run it if it must, say whether it had to, and what it cost."""

import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows import supervise
from flows.dvc import earlier_result_kept, remove_broken_lock
from flows.environment import tool
from flows.gauge import Gauge
from flows.measurements import StageRun
from flows.screen import Screen, StageOutput
from flows.workspace import Workspace


class StageFailed(RuntimeError):
    """A stage ended badly; `said` holds the last lines of its own words."""

    def __init__(self, stage: str, exit_code: int, said: Sequence[str]):
        super().__init__("\n".join([f"stage {stage} failed (exit code {exit_code}):", *said]))
        self.stage, self.exit_code, self.said = stage, exit_code, list(said)

    @property
    def in_one_line(self) -> str:
        """The stage's own complaint, where it made one (`components/stage.py`), else the last thing it said."""
        sign = f"{self.stage}: "
        complaint = [line.removeprefix(sign) for line in self.said if line.startswith(sign)] or self.said[-1:]
        return f"stage {self.stage} failed (exit code {self.exit_code}): {' '.join(complaint)}"

    def __reduce__(self) -> tuple[type["StageFailed"], tuple[str, int, list[str]]]:
        return StageFailed, (self.stage, self.exit_code, self.said)


@task(task_run_name="{stage}", cache_policy=NO_CACHE)  # DVC remembers; a second memory would contradict it one day
def reproduce(stage: str, place: Workspace, screen: Screen, force: bool = False) -> State:
    """Bring one stage of the project up to date; the state it ends in carries a `StageRun`.

    Ends `Completed` when the stage ran, `Cached` when DVC had its result already (`unchanged`: nothing it reads has
    changed; `run-cache`: another run with the same inputs had made it). With `force` it runs whatever DVC remembers.
    Ends `Failed`, carrying a `StageFailed`, when the stage ended with another exit code than 0.
    """
    screen.begins(stage)
    log, gauge = get_run_logger(), Gauge(stage)

    def told(line: str) -> None:
        log.info(line)
        if place.private:  # a run in the checkout is watched in its terminal
            gauge.read(line)

    output = StageOutput(told, screen)
    command: list[str | Path] = [tool("dvc"), "--wait-for-lock", "repro", "--single-item", stage]
    if force:
        command.insert(3, "--force")
    started = time.time()
    remove_broken_lock(place.root)
    try:
        with earlier_result_kept(stage, place):
            outcome = supervise.run(
                command, cwd=place.root, env=place.environment, on_text=output.feed, terminal=screen.live
            )
            output.close()
            if outcome.exit_code != 0:
                raise StageFailed(stage, _own_exit_code(output.lines) or outcome.exit_code, output.own_words())
    except StageFailed as error:
        return Failed(message=error.in_one_line, data=error)  # returned, not raised: no traceback buries its words
    gauge.full()
    reason = why_cached(stage, output.lines)
    run = StageRun(
        stage=stage,
        state="cached" if reason else "ran",
        reason=reason,
        wall_seconds=outcome.seconds,
        peak_rss_bytes=outcome.peak_rss_bytes,
        started_unix_seconds=round(started, 3),
    )
    screen.ends(run)
    if reason:
        return Completed(name="Cached", message=reason, data=run)
    return Completed(message=f"ran in {run.wall_seconds:.0f} s", data=run)


def _own_exit_code(lines: Iterable[str]) -> int | None:
    """The stage's exit code, which DVC hides behind its own 255 but names in its last line."""
    found = [match for match in (re.search(r"exited with (-?\d+)", line) for line in lines) if match]
    return int(found[-1][1]) if found else None


def why_cached(stage: str, lines: Sequence[str]) -> str:
    """From DVC's own lines: `unchanged`, `run-cache`, or nothing when the stage ran."""
    if any(line.startswith(f"Stage '{stage}' didn't change") for line in lines):
        return "unchanged"
    if any(line.startswith(f"Stage '{stage}' is cached") for line in lines):
        return "run-cache"
    return ""

"""The whole chain twice from the committed state: plain `dvc repro`, and the Prefect flow; what each costs.

Both start in a clone of HEAD with an empty cache, one after the other on the same machine.
"""

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil

from flows import environment, measurements

PLAIN, FLOW = "plain", "flow"
"""The folders of the two clones."""


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    seconds: float
    peak_rss_mb: float
    """Largest resident memory of the command and all its children together."""


def measure(root: Path, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stage times of the flow's run, and the summary: both ways, the flow's share, the no-op.

    The clones stay in `folder` under the names PLAIN and FLOW, with all their data.
    `collected_images_per_s` counts the whole stage; data_path.py has the rates of `embed`, `pretrain` and `train`.

    Raises:
        RuntimeError: a run failed, or the two ways gave different locks.
    """
    plain, flow = (clone(root, folder / name) for name in (PLAIN, FLOW))
    dvc, kakehashi = str(environment.tool("dvc")), str(environment.tool("kakehashi"))
    by_dvc = cost([dvc, "repro"], plain)
    no_op = cost([dvc, "repro"], plain)
    by_flow = cost([kakehashi, "run"], flow)
    stages = stage_costs(flow)
    no_op_flow = cost([kakehashi, "run"], flow)
    if (plain / "dvc.lock").read_bytes() != (flow / "dvc.lock").read_bytes():
        raise RuntimeError("`dvc repro` and the flow gave different dvc.lock files.")
    return stages.round(1), summary_of(by_dvc, by_flow, no_op, no_op_flow).round(1)


def stage_costs(flow: Path) -> pd.DataFrame:
    """A row for each stage of the run that `flow` holds; images per second for `collect` alone."""
    record = measurements.last_recorded(flow, flow / "dvc.lock")
    stages = pd.DataFrame(record["stages"] if record else [])
    stages["peak_rss_mb"] = stages["peak_rss_bytes"] / 1e6
    figures = json.loads((flow / "data" / "metrics" / "collect.json").read_text(encoding="utf-8"))
    images = figures["corpus_images"] + figures["evaluation_images"]
    rate = images / stages["wall_seconds"]
    stages["collected_images_per_s"] = rate.where(stages["stage"] == "collect")
    return stages[["stage", "wall_seconds", "peak_rss_mb", "collected_images_per_s"]]


def summary_of(by_dvc: Cost, by_flow: Cost, no_op: Cost, no_op_flow: Cost) -> pd.DataFrame:
    """Both ways from nothing and with nothing to do; the flow's own cost is plainest where no stage computes."""
    return pd.DataFrame(
        [
            ("dvc repro, from nothing", by_dvc.seconds, by_dvc.peak_rss_mb),
            ("kakehashi run, from nothing", by_flow.seconds, by_flow.peak_rss_mb),
            ("added by the flow", by_flow.seconds - by_dvc.seconds, None),
            ("dvc repro, nothing to do", no_op.seconds, no_op.peak_rss_mb),
            ("kakehashi run, nothing to do", no_op_flow.seconds, no_op_flow.peak_rss_mb),
            ("added by the flow", no_op_flow.seconds - no_op.seconds, None),
        ],
        columns=["what", "seconds", "peak_rss_mb"],
    )


def clone(root: Path, place: Path) -> Path:
    """HEAD of `root` in a folder of its own, without any result."""
    subprocess.run(["git", "clone", "--quiet", str(root), str(place)], check=True)
    return place


def cost(command: list[str], place: Path) -> Cost:
    """Run a command in `place`; its words go to standard error.

    Raises:
        RuntimeError: it ended with another exit code than 0.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=place, env=environment.child_environment(place), stdout=sys.stderr)
    peak = Peak(process.pid)
    exit_code = process.wait()
    seconds = time.perf_counter() - begin
    peak.stop()
    if exit_code != 0:
        raise RuntimeError(f"{' '.join(command)} failed with exit code {exit_code} in {place}.")
    return Cost(seconds, peak.largest_mb)


class Peak(threading.Thread):
    """Samples the memory of a process and its children five times a second."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.process, self.largest_mb, self._over = psutil.Process(pid), 0.0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.2):
            try:
                family = [self.process, *self.process.children(recursive=True)]
                resident = sum(member.memory_info().rss for member in family)
            except psutil.NoSuchProcess:
                continue
            self.largest_mb = max(self.largest_mb, resident / 1e6)

    def stop(self) -> None:
        self._over.set()
        self.join()

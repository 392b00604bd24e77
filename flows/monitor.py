"""Look at recent inputs with the champion's eyes: record how far they have drifted, and start a run when too far.

No `from __future__ import annotations` here: Prefect builds its form from the parameters' types themselves.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event
from prefect.states import Completed, State

from components import published
from components.params import load_section, read_yaml
from flows import environment, faults, servers
from flows.promotion import OPERATIONS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.recent import Drift

EVENT = "kakehashi.drift"
"""What infra/prefect.yaml has `pipeline` wait for."""
RESOURCE = "kakehashi.student"


@dataclass(frozen=True)
class Watched:
    """One look at recent inputs."""

    drift: "Drift"
    passed_bounds: list[str]
    student: str
    """Whose eyes: `champion version 3`, or the checkout's own student."""
    warning: str
    record: Path
    """The JSON lines to which this look was added."""

    @property
    def words(self) -> str:
        """What was seen, in a few lines of Markdown."""
        verdict = f"**Drift:** {'; '.join(self.passed_bounds)}." if self.passed_bounds else "**No drift.**"
        lines = [f"{verdict} {self.drift.images} recent images, seen by the {self.student}.", ""]
        lines += [f"- {name.replace('_', ' ')}: {value:.4g}" for name, value in self.drift.figures.items()]
        return "\n".join([*lines, "", f"{self.warning}"] if self.warning else lines)


@flow(name="monitor")
def monitor(recent: str) -> State:
    """Compare recent images with what the champion learned from; ends `Drifted` when a bound is passed.

    Then the event `kakehashi.drift` is sent, on which `pipeline` starts (a trigger in infra/prefect.yaml).

    Args:
        recent: A folder of images, or a csv, jsonl or parquet table that names them; relative to the checkout.
    """
    return faults.or_said(lambda: looked(recent))


def looked(recent: str) -> State:
    """What `monitor` does, its faults as they are."""
    home = environment.home()
    seen = watch(home, home / recent)
    create_markdown_artifact(seen.words, key="drift", description="Recent inputs against what was learned from")
    if seen.warning:
        get_run_logger().warning(seen.warning)
    if not seen.passed_bounds:
        return Completed(message="No drift.")
    send_event(seen)
    return Completed(name="Drifted", message="; ".join(seen.passed_bounds))


def watch(home: Path, place: Path) -> Watched:
    """Compare the images at `place` with what the champion learned from, and record the figures.

    They stand in `.kakehashi/monitor/history.jsonl`, and in MLflow's experiment `kakehashi-monitor` if MLflow answers.

    Raises:
        ValueError: `place` is not there.
        ValueError: it holds no or too few images, or there is no student to look with.
        ParamsError: infra/operations.yaml cannot be used.
    """
    from components import recent

    params = load_section("monitor", recent.MonitorParams, home / OPERATIONS_FILE)
    files = recent.recent_files(place, params.images)
    data = home / "data"
    with _eyes(home) as (student, model, labels, warning):
        selection, corpus = data / "retrieve" / "selection.parquet", data / "collect" / "corpus"
        drift = recent.look(model, labels, selection, corpus, files, params)
    passed = drift.passed_bounds(params)
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "recent": str(place),
        "student": student,
        "drifted": bool(passed),
        "passed_bounds": passed,
        **drift.figures,
    }
    record = home / environment.STATE / "monitor" / "history.jsonl"
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
    trouble = _tell_mlflow(home, drift.figures, {name: str(entry[name]) for name in ("recent", "student", "drifted")})
    return Watched(drift, passed, student, " ".join(filter(None, [warning, trouble])), record)


def send_event(seen: Watched) -> None:
    """Tell Prefect that a bound was passed; a trigger of the deployment `pipeline` waits for it."""
    payload = {"passed_bounds": "; ".join(seen.passed_bounds), "student": seen.student, **seen.drift.figures}
    emit_event(EVENT, resource={"prefect.resource.id": RESOURCE, "prefect.resource.name": "student"}, payload=payload)


@contextmanager
def _eyes(home: Path) -> "Iterator[tuple[str, Path, Path, str]]":
    """The champion's name, model folder, labels and a warning; the checkout's own student where there is none."""
    from components import registry, tracking

    try:
        client = tracking.connect(servers.reachable_mlflow(home))
        with tracking.in_silence():
            champion = registry.version_by_alias(client, registry.CHAMPION)
        unknown = "No champion is known."
    except LookupError:
        champion, unknown = None, "No champion is known."
    except servers.ServerError as error:
        champion, unknown = None, f"{error} Who the champion is could not be asked: the checkout's own student looked."
    if champion is None:
        own = home / "data" / "train"
        yield "checkout's own student", own, home / "data" / "retrieve" / "labels.json", unknown
        return
    with tracking.in_silence():
        learned = published.data_of(client, published.run_by_id(client, champion.run_id))
    here = _locked_selection(home)
    warning = "" if learned.get("data/retrieve") == here else (
        f"Champion version {champion.number} learned from another selection than data/retrieve holds: "
        "the reference is the checkout's."
    )  # fmt: skip
    with tracking.student_files(champion.number) as (model, labels):
        yield f"champion, version {champion.number}", model, labels, warning


def _locked_selection(home: Path) -> str | None:
    lock = home / "dvc.lock"
    stages: dict[str, Any] = read_yaml(lock).get("stages", {}) if lock.is_file() else {}
    outs = stages.get("retrieve", {}).get("outs", [])
    return next((str(out["md5"]) for out in outs if out["path"] == "data/retrieve"), None)


def _tell_mlflow(home: Path, figures: dict[str, float], tags: dict[str, str]) -> str:
    """Record the look in MLflow; what went wrong comes back as a sentence."""
    from components import tracking

    try:
        uri = servers.reachable_mlflow(home)
        folder = None if uri.startswith("http") else servers.artifact_folder(home)
        tracking.tell_monitoring(tracking.connect(uri), figures, tags, folder)
    except Exception as error:  # the look was taken all the same, and stands in the JSON lines
        return f"MLflow could not be told: {str(error).partition(chr(10))[0] or repr(error)}"
    return ""

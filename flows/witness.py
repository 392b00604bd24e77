"""MLflow as a witness of an audited result: whether it says what the files say, and how the run began."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import published, run_record
from flows import store, subject
from flows.certificate import Finding
from flows.findings import listed
from flows.lock import LockedStage
from flows.publish import UNCOMMITTED_TAG
from flows.store import Store

if TYPE_CHECKING:
    from components.tracking import Client, Run

Points = Mapping[str, set[tuple[int, float]]]
"""Curves by name: their points (step, value)."""


@dataclass(frozen=True)
class Witness:
    """The runs that MLflow holds of one dvc.lock; each statement is a finding, or a plain sentence where it is none."""

    home: Path
    """The audited checkout."""
    recorded: bytes
    """The dvc.lock."""
    client: "Client"
    runs: Sequence["Run"]

    def statements(self, root: Path) -> Iterator[Finding | str]:
        """How the runs began, and whether their figures and settings are those of the files in `root`."""
        if not self.runs:
            yield "MLflow knows no run that ended with this dvc.lock."
        for run in self.runs:
            yield from self._beginning(run)
            apart = [
                f"{name} of {stage} is {_said(told)}, the file says {true}"
                for stage, name, told, true in published.contradictions(self.client, root, run)
            ]
            yield _judged(run, apart, "figures and settings")

    def curves(self, stages: Mapping[str, LockedStage], stores: Sequence[Store]) -> Iterator[Finding | str]:
        """Whether every point of the runs' curves is one of the recorded curve.csv, as far as a store holds that."""
        for run in self.runs:
            apart: list[str] = []
            unknown: list[str] = []
            for child in published.stages_of(self.client, run):
                name = child.data.tags["dvc.stage"]
                outs = stages[name].outs.values() if name in stages else ()
                file = store.recorded(outs, f"data/{name}/curve.csv", stores)
                told = published.curves(self.client, child)
                if file is not None:
                    apart += _points_apart(name, told, _points(file))
                elif told:
                    unknown.append(name)
            if unknown:
                yield f"Curves of {listed(unknown)} in MLflow could not be compared: the recorded ones are not at hand."
            if apart or not unknown:
                yield _judged(run, apart, "curves")

    def _beginning(self, run: "Run") -> Iterator[Finding | str]:
        """A run that began where this very dvc.lock was committed has not made the result."""
        files, base = (run.data.tags.get(tag, "") for tag in (UNCOMMITTED_TAG, "git.commit"))
        if files:
            said = f"MLflow's run {run.info.run_id} began in a checkout with uncommitted changes: {files}."
            made_before = base and subject.content(self.home, base, "dvc.lock") == self.recorded
            yield f"{said} The result was committed before." if made_before else Finding("uncommitted", said)


def call(home: Path, recorded: bytes) -> Witness | None:
    """The witness of the result with this dvc.lock; None where there is no MLflow to ask."""
    uri = subject.tracking_uri(home)
    if uri is None:
        return None
    from components import tracking

    client = tracking.connect(uri)
    lock_md5 = hashlib.md5(recorded, usedforsecurity=False).hexdigest()
    return Witness(home, recorded, client, published.published_as(client, lock_md5=lock_md5))


def _judged(run: "Run", apart: list[str], what: str) -> Finding | str:
    who = f"MLflow's run {run.info.run_id}"
    if apart:
        return Finding("mlflow", f"{who} is not what the recorded files say: {listed(apart)}.")
    return f"{who} has the recorded {what}."


def _points(file: Path) -> Points:
    points: defaultdict[str, set[tuple[int, float]]] = defaultdict(set)
    for name, value, step in run_record.curve(file):
        points[name].add((step, value))
    return points


def _points_apart(stage: str, told: Points, true: Points) -> Iterator[str]:
    """Each step of a stage's curves at which both do not say the same, in words."""
    for name in sorted({*told, *true}):
        both = told.get(name, set()), true.get(name, set())
        for step in sorted({step for step, _ in both[0] ^ both[1]}):
            said, says = (" and ".join(str(value) for at, value in sorted(one) if at == step) for one in both)
            yield f"{name} of {stage} at step {step} is {said or 'missing'}, the file says {says or 'nothing'}"


def _said(value: Any) -> str:
    return "missing" if value is None else str(value)

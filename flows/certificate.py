"""The certificate of an audit: what was recomputed, by what, with which result, and what does not hold."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from components import pages
from components.outputs import whole_file
from flows import packages
from flows.machine import Machine
from flows.subject import Subject

SCHEMA = 1
"""Of certificate.json; grows when a field changes its meaning or goes."""
Kind = Literal["identical", "equivalent", "different"]


@dataclass(frozen=True)
class Output:
    """One output of a stage, as recorded and as recomputed."""

    path: str
    then: str
    """The hash in the recorded dvc.lock; empty if it names no such output."""
    now: str
    bytes_then: int
    bytes_now: int
    difference: str = ""
    """How they differ, in words; empty where the hashes are the same."""

    @property
    def same(self) -> bool:
        """Whether the hashes are the same."""
        return self.then == self.now


@dataclass(frozen=True)
class Stage:
    """A stage and its outputs."""

    name: str
    outputs: tuple[Output, ...]

    @property
    def same(self) -> bool:
        """Whether every output has its recorded hash."""
        return all(output.same for output in self.outputs)


@dataclass(frozen=True)
class Figure:
    """A value of data/metrics that is not the recorded one."""

    name: str
    """`stage.figure`, lists by place."""
    then: Any
    now: Any
    difference: float | None
    """`now` minus `then`; None unless both are numbers."""
    allowed: float | None
    """The largest difference that still agrees; None unless both are numbers."""
    within: bool


@dataclass(frozen=True)
class Finding:
    """Something about the record that does not hold."""

    kind: str
    """`metrics`, `settings`, `code`, `uncommitted`, `environment`, `cache`, `checkout` or `mlflow`."""
    sentence: str


@dataclass(frozen=True)
class Certificate:
    """The result of an audit."""

    subject: Subject
    verdict: Kind
    sentence: str
    stages: tuple[Stage, ...]
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """What could not be looked at, and what is no fault."""
    then: Machine | None
    """The machine of the recording; None if the commit does not say."""
    ran_then: tuple[str, ...]
    """The stages that ran on that machine for this result; the others came from an earlier run."""
    now: Machine
    command: str
    """What recomputed it."""
    tolerance: str
    """When two figures agree."""
    audited: str
    """When, ISO 8601."""
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether the result was met and nothing was found."""
        return self.verdict != "different" and not self.findings

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write certificate.json and certificate.html into `folder`; returns both."""
        values = {"schema": SCHEMA, "holds": self.holds, **asdict(self)}
        written = folder / "certificate.json", folder / "certificate.html"
        texts = json.dumps(values, indent=2, ensure_ascii=False, default=str) + "\n", page(self)
        for file, text in zip(written, texts, strict=True):
            with whole_file(file) as draft:
                draft.write_text(text, encoding="utf-8")
        return written


def page(certificate: Certificate) -> str:
    """The certificate as one HTML page that needs no other file."""
    environment = pages.environment(Path(__file__).parent / "templates", autoescape=True)
    environment.filters["figure"] = _readable
    return environment.get_template("certificate.html").render(c=certificate, rows=_machine_rows(certificate))


def _machine_rows(certificate: Certificate) -> list[tuple[str, str, str]]:
    """Name, then, now: the machine's properties, each package that differs, and in one line those that do not."""
    then, now = certificate.then, certificate.now
    rows = [
        (name, _described(then)[name] if then else "not recorded", value) for name, value in _described(now).items()
    ]
    before = then.numerical if then else now.numerical
    moved = [name for name in sorted(before | now.numerical) if before.get(name) != now.numerical.get(name)]
    rows += [(name, before.get(name, packages.MISSING), now.numerical.get(name, packages.MISSING)) for name in moved]
    same = ", ".join(f"{name} {version}" for name, version in now.numerical.items() if before.get(name) == version)
    return [*rows, ("packages", same if then else "not recorded", same)]


def _described(machine: Machine) -> Mapping[str, str]:
    return {
        "processor": machine.processor,
        "architecture": f"{machine.architecture}, {machine.logical_processors} logical processors",
        "instruction sets": ", ".join(machine.instruction_sets) or "unknown",
        "accelerators": ", ".join(machine.accelerators) or "none",
        "system": machine.system,
        "python": machine.python,
        "other than locked": _locked_words(machine),
    }


def _locked_words(machine: Machine) -> str:
    if machine.other_than_locked is None:
        return "no requirements.lock"
    apart = machine.other_than_locked.items()
    return ", ".join(f"{name} {found} (locked: {wanted})" for name, (wanted, found) in apart) or "none"


def _readable(value: Any) -> str:
    if value is None:
        return "absent"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)

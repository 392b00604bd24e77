"""When a run may become the champion: the rule as data, the evidence, and the decision with its reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from components.params import Section, load_section

OPERATIONS_FILE = Path("infra") / "operations.yaml"
NAMED = 3
"""How many differences a check lists before it counts the rest."""


class PromoteParams(Section):
    """What must hold before a run becomes the champion; gains are percentage points of mean accuracy."""

    least_gain_points: float
    """Least gain over the base on the unseen domains."""
    least_gain_points_low: float
    """Least low end of that gain's 95 % interval."""
    least_domain_gain_points: float
    """Least gain over the base on any single domain: what one domain may lose so that others win."""
    least_gain_over_champion_points_low: float | None
    """Least low end of the gain over the champion, image by image; null asks for no comparison."""
    licence_verdicts: tuple[Literal["free", "credit", "share_alike", "obstacle"], ...]
    """Verdicts over the licences of everything learned from that are clean enough."""
    audit_verdicts: tuple[Literal["identical", "equivalent", "different"], ...]
    """What the certificate of the run's audit may say; an empty list asks for no audit."""


@dataclass(frozen=True)
class Gain:
    """A difference of mean accuracy in percentage points, with its 95 % interval."""

    points: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.points:+.1f} ({self.low:+.1f} to {self.high:+.1f})"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of a run that wants to be champion; None stands for what is not known."""

    gain: Gain | None
    domain_gains: Mapping[str, float]
    over_champion: Gain | None
    has_rival: bool
    """Whether there is a champion, another run than this one."""
    licence: str | None
    audit: str | None
    apart: Sequence[str] | None
    """Where MLflow says other than the run's commit, in words."""


@dataclass(frozen=True)
class Check:
    """One line of the rule, held against the evidence."""

    name: str
    passed: bool
    seen: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.name}: {self.seen}; wanted {self.wanted}"


@dataclass(frozen=True)
class Decision:
    """Whether the run may become champion, and every check behind it."""

    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]


def load_rule(home: Path) -> PromoteParams:
    """The rule of the checkout.

    Raises:
        ParamsError: infra/operations.yaml or its section `promote` is missing or cannot be used.
    """
    return load_section("promote", PromoteParams, home / OPERATIONS_FILE)


def decide(rule: PromoteParams, evidence: Evidence) -> Decision:
    """Hold the evidence against the rule; what is not known does not pass."""
    return Decision(list(_checks(rule, evidence)))


def _checks(rule: PromoteParams, evidence: Evidence) -> Iterator[Check]:
    gain = evidence.gain
    yield _at_least("gain over the base, points", gain.points if gain else None, rule.least_gain_points)
    yield _at_least("low end of that gain", gain.low if gain else None, rule.least_gain_points_low)
    worst = min(evidence.domain_gains, key=lambda domain: evidence.domain_gains[domain], default=None)
    lowest = None if worst is None else evidence.domain_gains[worst]
    named = f"gain on the weakest domain{f' ({worst})' if worst else ''}"
    yield _at_least(named, lowest, rule.least_domain_gain_points)
    if rule.least_gain_over_champion_points_low is not None and evidence.has_rival:
        over = evidence.over_champion
        wanted = rule.least_gain_over_champion_points_low
        yield _at_least("low end of the gain over the champion", over.low if over else None, wanted)
    yield _one_of("licences", evidence.licence, rule.licence_verdicts)
    if rule.audit_verdicts:
        yield _one_of("audit", evidence.audit, rule.audit_verdicts)
    if evidence.apart is not None or rule.audit_verdicts:
        yield _nothing_apart(evidence.apart)


def _at_least(name: str, seen: float | None, least: float) -> Check:
    shown = "not known" if seen is None else f"{seen:+.2f}"
    return Check(name, seen is not None and seen >= least, shown, f"{least:+.2f} or more")


def _nothing_apart(apart: Sequence[str] | None) -> Check:
    """A run that is no commit cannot be held against one; without an audit nobody asks it to be."""
    seen = "the run is no commit here" if apart is None else "; ".join(apart[:NAMED]) or "the same"
    more = f" and {len(apart) - NAMED} more" if apart and len(apart) > NAMED else ""
    return Check("MLflow beside the run's commit", apart is not None and not apart, f"{seen}{more}", "the same")


def _one_of(name: str, seen: str | None, allowed: Sequence[str]) -> Check:
    return Check(name, seen in allowed, seen or "none", " or ".join(allowed) or "nothing that could be")

"""Make a run's student the champion if the rule allows it, or give the title back; either is written on the version.

No `from __future__ import annotations` here: Prefect builds its form from the parameters' types themselves.
"""

import getpass
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, State

from components import published
from flows import difference, environment, faults, promotion, servers
from flows.certified import audit_verdict
from flows.promotion import Decision, Evidence
from flows.publish import LICENCE_TAG
from flows.recorded import record_of

if TYPE_CHECKING:
    from components.published import PublishedRun
    from components.registry import Version
    from components.tracking import Client


@dataclass(frozen=True)
class Outcome:
    """What became of a request to promote."""

    promoted: bool
    words: str
    """The decision and its reasons, as Markdown: what stands on the version too."""
    failed: tuple[str, ...] = ()
    """The checks that were not met."""

    @property
    def in_one_line(self) -> str:
        """Who decided what, and the checks that were not met."""
        return " ".join([self.words.partition("\n")[0], "; ".join(self.failed)]).strip()


@flow(name="promote")
def promote(run: str = "challenger", rollback: bool = False, by: str = "") -> State:
    """Make a run's student the champion, if infra/operations.yaml allows it; ends `Refused` with the reasons if not.

    Args:
        run: The run's id as MLflow or Prefect knows it, or `challenger`: the newest publication.
        rollback: Give the title back to the previous champion instead.
        by: Who decides, as the model version will say. Without it: the user whose worker does it.
    """
    return faults.or_said(lambda: decided(run, rollback, by))


def decided(run: str, rollback: bool, by: str) -> State:
    """What `promote` does, its faults as they are."""
    home = environment.home()
    outcome = give_back(home, by) if rollback else promote_run(home, run, by)
    create_markdown_artifact(outcome.words, key="decision", description="The decision and its reasons")
    if outcome.promoted:
        return Completed(message=outcome.words.partition("\n")[0])
    return Completed(name="Refused", message=outcome.in_one_line)


def promote_run(home: Path, name: str, by: str = "") -> Outcome:
    """Decide about the run that `name` means, record the decision, and move the alias `champion` if it passed.

    `by` signs it; without that, the user of this process.

    Raises:
        LookupError: no run goes by that name, or it published no student.
        ParamsError: the rule cannot be used.
    """
    from components import registry, tracking

    rule = promotion.load_rule(home)
    client = tracking.connect(servers.reachable_mlflow(home))
    with tracking.in_silence():
        run, candidate = _candidate(client, name)
        champion = registry.version_by_alias(client, registry.CHAMPION)
        if champion is not None and champion.number == candidate.number:
            return Outcome(True, f"Version {candidate.number} is the champion already. Nothing changed.")
        decision = promotion.decide(rule, _evidence(home, client, run, candidate, champion))
        signed = _signature(by)
        words = _words(run, candidate, champion, decision, signed)
        tags = {
            "decision": "promoted" if decision.passed else "refused",
            "decision.reasons": "; ".join(map(str, decision.checks if decision.passed else decision.failed)),
            "decision.rule": json.dumps(rule.model_dump(mode="json")),
            **signed,
        }
        registry.record_decision(client, candidate, words, tags)
        if decision.passed:
            registry.crown(client, candidate)
    return Outcome(decision.passed, words, tuple(map(str, decision.failed)))


def give_back(home: Path, by: str = "") -> Outcome:
    """Give the title back to the champion before this one, and record that, signed as by `promote_run`, on both.

    Raises:
        LookupError: there is no champion, or none before it.
    """
    from components import registry, tracking

    client = tracking.connect(servers.reachable_mlflow(home))
    with tracking.in_silence():
        fallen, restored = registry.roll_back(client)
        signed = _signature(by)
        words = f"**Rolled back** from version {fallen.number} to version {restored.number}, {_by(signed)}."
        registry.record_decision(client, fallen, words, {"decision": "rolled back", **signed})
        registry.record_decision(client, restored, words, {"decision": "restored", **signed})
    return Outcome(True, words)


def _candidate(client: "Client", name: str) -> tuple["PublishedRun", "Version"]:
    from components import registry

    if name == registry.CHALLENGER:
        found = registry.version_by_alias(client, name)
        if found is None:
            raise LookupError("No student is registered yet. Do a run first: kakehashi run.")
        return published.run_by_id(client, found.run_id), found
    run = published.published_run(client, name)
    found = registry.version_of_run(client, run.run_id)
    if found is None:
        raise LookupError(f"Run {run.flow_run_id} published no student, so there is nothing to promote.")
    return run, found


def _evidence(
    home: Path, client: "Client", run: "PublishedRun", candidate: "Version", champion: "Version | None"
) -> Evidence:
    from components import tracking

    rival = None if champion is None else published.run_by_id(client, champion.run_id)
    with tracking.student_files(candidate.number) as (student, _):
        record = record_of(home, client, run, student)
    return Evidence(
        gain=difference.gain_of(run),
        domain_gains={domain: gain.points for domain, gain in difference.domain_gains(run).items()},
        over_champion=None if rival is None else difference.gain_between(client, rival, run),
        has_rival=rival is not None,
        licence=(record.licence if record else None) or run.tags.get(LICENCE_TAG),
        audit=audit_verdict(home, run.tags.get("dvc.lock.md5", "")),
        apart=None if record is None else record.apart,
    )


def _words(
    run: "PublishedRun",
    candidate: "Version",
    champion: "Version | None",
    decision: Decision,
    signed: dict[str, str],
) -> str:
    what = "Promoted" if decision.passed else "Refused"
    over = "the first champion" if champion is None else f"against champion version {champion.number}"
    lines = [
        f"**{what}:** version {candidate.number}, run {run.flow_run_id[:8]}, {over}, {_by(signed)}.",
        "",
        "| check | seen | wanted | |",
        "|---|---|---|---|",
    ]
    rows = [f"| {c.name} | {c.seen} | {c.wanted} | {'✓' if c.passed else '✗'} |" for c in decision.checks]
    return "\n".join([*lines, *rows])


def _signature(by: str) -> dict[str, str]:
    who = " ".join(by.split())
    with suppress(OSError, KeyError):  # a container may run as a user without a name
        who = who or getpass.getuser()
    who = who or "unknown"
    return {"decision.by": who, "decision.time": datetime.now(UTC).isoformat(timespec="seconds")}


def _by(signed: dict[str, str]) -> str:
    return f"by {signed['decision.by']} at {signed['decision.time']}"

"""The audit as a Prefect flow: a recorded result recomputed in an empty place, its certificate as an artifact.

No `from __future__ import annotations` here: Prefect builds its form from the parameters' types themselves.
"""

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed, State

from flows import auditor, environment, faults
from flows.certificate import Certificate
from flows.screen import Screen, StageOutput
from flows.summary import certificate_lines


@flow(name="audit")
def audit(run: str = "HEAD") -> State:
    """Recompute a recorded result from its sources alone, and certify whether it was met.

    Ends `Completed` when the result is identical or equivalent and nothing was found, else `Failed`.

    Args:
        run: A run id, a branch, a commit, or the id of a run in MLflow.
    """
    return faults.or_said(lambda: audited(run))


def audited(run: str) -> State:
    """What `audit` does, its faults as they are."""
    home, log = environment.home(), get_run_logger()
    output = StageOutput(log.info, Screen(None, {}))
    certificate = auditor.audit(home, run, say=output.feed)
    output.close()
    files = certificate.write(auditor.folder_of(home, certificate.subject))
    create_markdown_artifact(markdown(certificate), key="certificate", description=f"Audit of {run}")
    log.info(f"Certificate: {files[1]}")
    words = f"{certificate.verdict}: {certificate.sentence}"
    if certificate.holds:
        return Completed(message=words)
    words = " ".join([words, *(finding.sentence for finding in certificate.findings)])
    return faults.as_state(Failed(message=words))


def markdown(certificate: Certificate) -> str:
    """The certificate as the artifact of the run that made it."""
    rows = [f"| {name} | {text} |" for name, text in certificate_lines(certificate)]
    stages = [f"| {stage.name} | {'same' if stage.same else '**different**'} |" for stage in certificate.stages]
    findings = [f"- {finding.sentence}" for finding in certificate.findings] or ["- none"]
    notes = ["", "**Not looked at, or no fault**", "", *(f"- {note}" for note in certificate.notes)]
    return "\n".join(["| audit | |", "|---|---|", *rows, "", "| stage | outputs |", "|---|---|", *stages, "",
                      "**Findings**", "", *findings, *(notes if certificate.notes else [])])  # fmt: skip

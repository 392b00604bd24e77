"""Ask a person before training: the run is suspended, holding no process and no place, until somebody resumes it.

    retrieve ──▶ page `approval`, form ──▶ Suspended ──▶ resumed: the flow starts anew in the same clone, and finds
                        ▲                                stages done and an answer
                        └── an answer that cannot be followed is asked again, with the reason above the form

Suspended and not paused: a pause keeps the flow's process waiting, and loses the run when the servers are stopped for
the night.
"""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from prefect.runtime import deployment
from pydantic import Field, create_model

from components.outputs import read_json, whole_file, write_json
from components.params import ParamsError, load_section
from flows import approval, pictures
from flows.approval import Answer, ApproveParams, Decision
from flows.environment import STATE
from flows.promotion import OPERATIONS_FILE
from flows.stages import StageFailed
from flows.subject import content
from flows.workspace import Workspace

QUESTION = STATE / "question.json"
"""In the run's clone: the name under which Prefect keeps the answer to the last question, and the selection shown."""
HOW = "Resume this run (the menu ⋮ at the top of its page → Resume) and fill in the form."


def possible(place: Workspace, stages: list[str]) -> ApproveParams:
    """How long to wait, once it is sure that somebody can be asked.

    Raises:
        ParamsError: the run has no page to ask on or no stage to ask after, or infra/operations.yaml cannot be used.
    """
    if not deployment.id or not place.private:
        raise ParamsError("approve asks on the run's page: start it from the deployment `pipeline` (make up).")
    if approval.AFTER not in stages:
        raise ParamsError(f"approve asks after the stage `{approval.AFTER}`, which dvc.yaml lacks. Leave approve out.")
    return load_section("approve", ApproveParams, place.home / OPERATIONS_FILE)


def decided(place: Workspace, run_id: str, wait: ApproveParams, select_again: Callable[[], None]) -> Decision:
    """The decision over the run's selection; while there is none, the run is suspended here and starts anew later.

    An edited review is obeyed before the decision is recorded: `select_again` brings `retrieve` up to date. A start
    that was killed in between is repeated whole: where nothing is left to do, DVC says so at once.
    """
    if known := approval.recorded(place.root, run_id):
        return known
    answer, trouble = _answered(place), ""
    if answer is not None:
        try:
            if not (place.root / approval.SELECTION).is_file():  # a start before was killed while it selected again
                _lay_back(place.root)
                select_again()
            return _followed(answer, place, run_id, select_again)
        except (ValueError, StageFailed) as error:
            trouble = error.in_one_line if isinstance(error, StageFailed) else str(error)
            get_run_logger().warning(f"Asked again: {trouble}")
    show_selection(place.root, run_id, wait)
    _suspend(place, wait, answer, trouble)
    raise AssertionError("a suspended run does not come back here")


def show_selection(root: Path, run_id: str, wait: ApproveParams) -> None:
    """The artifact `approval`: what a person needs to decide, and how to."""
    page = page_of(root, datetime.now(UTC) + timedelta(hours=wait.hours))
    create_markdown_artifact(page, key="approval", description=f"To decide: what run {run_id[:8]} would learn from")


def page_of(root: Path, deadline: datetime) -> str:
    """The selection in figures and pictures, as Markdown."""
    labels = approval.selection_by_label(root)
    folder = root / approval.SELECTION.parent
    lines = [f"**{HOW}** {_until(deadline)}", "", _in_figures(root), ""]
    lines += ["| label | images | mean confidence | least confidence |", "|---|--:|--:|--:|"]
    lines += [
        f"| {row.label} | {row.images:,} | {row.mean_confidence:.2f} | {row.least_confidence:.2f} |"
        for row in labels.itertuples()
    ]
    if (sheet := folder / "sheet.png").is_file():
        lines += ["", pictures.markdown_of(sheet, "The best images of each label")]
    if (review := folder / "review.html").is_file():
        where = f"`{review}` on `{socket.gethostname()}`, where the run works"
        lines += ["", f"Every image, to accept or reject: open {where}, in a browser; it saves a review.csv."]
    return "\n".join(lines)


def form(description: str, earlier: Answer | None = None) -> type[RunInput]:
    """The form of `Answer` for Prefect, filled in as it was the last time."""
    given = {} if earlier is None else earlier.model_dump()
    fields: dict[str, Any] = {
        name: (field.annotation, Field(given.get(name, field.default), description=field.description))
        for name, field in Answer.model_fields.items()
    }
    made = create_model("Approval", __base__=RunInput, **fields)
    made._description = description
    return made


def _followed(answer: Answer, place: Workspace, run_id: str, select_again: Callable[[], None]) -> Decision:
    answer = approval.checked(answer, place.root)
    changed = approval.edited(answer, _earlier_review(place.root))
    if changed:
        with whole_file(place.root / approval.REVIEW) as draft:
            draft.write_text(f"{answer.review}\n", encoding="utf-8", newline="\n")
        try:
            select_again()
        except StageFailed:
            _lay_back(place.root)
            raise
    seen = str(read_json(place.root / QUESTION).get("seen", ""))
    decision = approval.decision_of(answer, place.root, run_id, seen_md5=seen, review_edited=changed)
    approval.record(decision, place.root)
    get_run_logger().info(decision.words)
    create_markdown_artifact(f"**{decision.words}**\n\n{decision.time}", key="decision", description="Who decided what")
    return decision


def _earlier_review(root: Path) -> bytes | None:
    """The review that the run began with, whatever stands there now."""
    return content(root, "HEAD", approval.REVIEW.as_posix())


def _lay_back(root: Path) -> None:
    """Have the review stand there that the run began with."""
    earlier = _earlier_review(root)
    if earlier is None:
        (root / approval.REVIEW).unlink(missing_ok=True)
    else:
        (root / approval.REVIEW).write_bytes(earlier)


def _answered(place: Workspace) -> Answer | None:
    """What was filled in for the last question; None if none was asked or nobody answered."""
    file = place.root / QUESTION
    if not file.is_file():
        return None
    keys = keyset_from_base_key(f"suspended-{read_json(file)['key']}")
    value = read_flow_run_input(keys["response"])
    return None if value is None else Answer.model_validate(value)


def _suspend(place: Workspace, wait: ApproveParams, earlier: Answer | None, trouble: str) -> None:
    key = f"approval-{uuid4().hex[:8]}"  # a new one each time: Prefect takes one answer for a key
    write_json({"key": key, "seen": approval.selection_md5(place.root)}, place.root / QUESTION)
    deadline = datetime.now(UTC) + timedelta(hours=wait.hours)
    lines = [f"**That could not be followed:** {trouble}", ""] if trouble else []
    lines += ["Is this what the student should learn from?", "", _in_figures(place.root), ""]
    lines += [f"The artifact `approval` of this run shows it. {_until(deadline)}"]
    get_run_logger().info(f"Waiting for a person to decide. {HOW} {_until(deadline)}")
    asked = form("\n".join(lines), earlier)
    suspend_flow_run(wait_for_input=asked, timeout=max(1, round(wait.hours * 3600)), key=key)


def _in_figures(root: Path) -> str:
    labels = approval.selection_by_label(root)
    images = int(labels["images"].sum())
    mean = float((labels["mean_confidence"] * labels["images"]).sum() / images) if images else 0.0
    least = labels.iloc[0]
    return (
        f"{images:,} images for {len(labels)} labels, mean confidence {mean:.2f}; "
        f"the fewest, {least['images']:,}, for {least['label']}."
    )


def _until(deadline: datetime) -> str:
    return f"Nobody by {deadline:%Y-%m-%d %H:%M} UTC: the run ends as Failed, not approved, and nothing is published."

"""Bring the corpus and its index up to date after the corpus has grown, and train nothing.

No `from __future__ import annotations` here: Prefect builds its form from the parameters' types themselves.
"""

from uuid import uuid4

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run

from flows import faults, machine, measurements, results, workspace
from flows.graph import stage_order
from flows.pipeline import carried, ended_before, screen_of, workspace_of_this_run
from flows.publish import runs_branch
from flows.stages import reproduce
from flows.subject import content

LAST_STAGE = "index"


@flow(name="refresh-index")
def refresh_index(rev: str | None = None) -> str:
    """Read the sources again and redo what follows from them, up to `index`; returns the branch with the result.

    `collect` always runs, as DVC does not watch the folders that sources lie in; the stages after it run only if it
    found something else than last time. The branch holds the new dvc.lock: `git merge` it and `dvc checkout`, and
    `kakehashi search` finds the new images.

    Args:
        rev: A commit, tag or branch to start from instead of the checkout as it stands.
    """
    return faults.or_said(lambda: refreshed(rev))


def refreshed(rev: str | None) -> str:
    """What `refresh_index` does, its faults as they are."""
    if ended := ended_before(str(flow_run.id)):
        return ended
    place = workspace_of_this_run(rev)
    if place.private:
        workspace.keep(place)
    run_id, screen = str(flow_run.id or uuid4()), screen_of(place)
    done: list[measurements.StageRun] = []
    for stage in stages_up_to(LAST_STAGE, stage_order(place.root)):
        again = not done  # the first stage reads what DVC cannot see
        done.append(carried(reproduce(stage, place, screen, force=again, return_state=True)))
        measurements.record(place.home, run_id, done, place.root / "dvc.lock", "refresh-index")
    lines = []
    for ran in done:
        lines.append(f"- {ran.stage}: {ran.state}, {ran.wall_seconds:.0f} s")
        figures = {k: v for k, v in results.metrics(place.root, ran.stage).items() if isinstance(v, int | float)}
        lines += [f"  - {name.replace('_', ' ')}: {results.readable(value)}" for name, value in figures.items()]
    create_markdown_artifact("\n".join(lines), key="refresh", description="What was done, and what is there now")
    made_here = [run.stage for run in done if run.state == "ran"]
    machine.record(place.root, content(place.root, "HEAD", "dvc.lock"), made_here)
    if not place.private:
        return ""
    workspace.publish_branch(place, run_id, f"refresh-index {run_id}")
    workspace.remove(place)
    branch = runs_branch(run_id)
    get_run_logger().info(f"To use it in the checkout: git merge {branch} && dvc checkout")
    return branch


def stages_up_to(last: str, order: list[str]) -> list[str]:
    """The stages from the first one to `last`.

    Raises:
        LookupError: there is no such stage.
    """
    if last not in order:
        raise LookupError(f"dvc.yaml has no stage `{last}`. Its stages: {', '.join(order)}.")
    return order[: order.index(last) + 1]

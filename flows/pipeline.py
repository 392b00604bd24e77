"""The whole chain as a Prefect flow: settings in, eleven stages, and what came out of them told to everyone.

No `from __future__ import annotations` here: Prefect builds its form from the parameters' types themselves.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect import flow, get_client, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import Pause
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Completed, State

from components.params import PARAMS_FILE
from flows import (
    approval,
    artifacts,
    environment,
    faults,
    machine,
    measurements,
    settings,
    verdict,
    workspace,
)
from flows import (
    approve as asking,
)
from flows.form import Settings, form_change, form_settings, section_models
from flows.graph import stage_descriptions, stage_order
from flows.publish import Told, prepare_mlflow, runs_branch, tell_mlflow
from flows.screen import Screen
from flows.stages import reproduce
from flows.subject import content
from flows.tolerance import load_tolerances
from flows.verdict import Verdict
from flows.workspace import Workspace


@dataclass(frozen=True)
class Finished:
    """How a run ended."""

    run_id: str
    root: Path
    stages: list[measurements.StageRun]
    verdict: Verdict
    told: Told
    branch: str = ""
    """`runs/<run id>` for a run in a private clone."""


@flow(name="pipeline", validate_parameters=False)  # `chosen` does, and says in one line what is wrong
def pipeline(
    params: Settings,
    overlay: str | None = None,
    rev: str | None = None,
    note: str = "",
    approve: bool = False,
    read_sources_again: bool = False,
) -> Finished:
    """From public corpora to a report: one task per DVC stage, and the result published.

    Started from a deployment, the run works in a private clone and ends as branch `runs/<flow run id>`.
    Started in a checkout (`kakehashi run`), it works in that checkout. A deployment's run that is tried again goes on
    in its clone where it stopped.

    Args:
        params: The settings. What you change here wins over the overlay and the file.
        overlay: A YAML file with settings that go over those of params.yaml, such as examples/emoji.yaml.
        rev: A commit, tag or branch to run instead of the checkout as it stands. Fields of `params` that you leave as
            the form shows them then have that revision's values.
        note: A sentence for the people who will compare runs: what is tried, and why.
        approve: Ask a person before training: after `retrieve` the run waits, suspended, until somebody resumes it.
        read_sources_again: Collect anew: DVC does not watch the folders that sources lie in, and new images there would
            otherwise go unseen.
    """
    return faults.or_said(lambda: whole_chain(params, overlay, rev, note, approve, read_sources_again))


def whole_chain(
    params: Settings, overlay: str | None, rev: str | None, note: str, approve: bool, read_sources_again: bool
) -> Finished:
    """What `pipeline` does, its faults as they are."""
    run_id, branch, commit = str(flow_run.id or uuid4()), "", ""
    if ended := ended_before(run_id):
        return ended
    params = chosen(params)
    tolerances = load_tolerances(environment.home())
    place = workspace_of_this_run(rev)
    wait = prepare(place, params, overlay, approve)
    began = ("", []) if place.private else (place.commit, workspace.uncommitted(place.root))
    mlflow_ready = prepare_mlflow(place.home)

    done = {run.stage: run for run in measurements.stages_of(place.home, run_id)} if place.again else {}
    screen = screen_of(place)

    order = stage_order(place.root)
    forced = order[0] if read_sources_again else None

    def bring_up_to_date(stage: str) -> None:
        done[stage] = carried(reproduce(stage, place, screen, force=stage == forced, return_state=True))
        measurements.record(place.home, run_id, list(done.values()), place.root / "dvc.lock", note, *began)
        artifacts.show_sheet(place.root, stage)
        artifacts.show_index_card(place.root, done[stage])

    try:
        for stage in order:
            if stage not in done:
                bring_up_to_date(stage)
            if wait and stage == approval.AFTER:
                decision = asking.decided(place, run_id, wait, partial(bring_up_to_date, stage))
                if not decision.accepted:
                    return rejected(place, decision)
    except Pause:
        raise
    except BaseException:
        if place.private:
            get_run_logger().error(f"What stands so far is kept in {place.root}.")
        raise

    stages = list(done.values())
    made_here = [run.stage for run in stages if run.state == "ran"]
    machine.record(place.root, content(place.root, "HEAD", "dvc.lock"), made_here, began[1])
    if place.private:
        branch = runs_branch(run_id)
        commit = workspace.publish_branch(place, run_id, f"run {run_id}\n\n{note}".strip())
    found = verdict.against_commit(place.root, place.commit, tolerances)
    mlflow_ready.join()
    record = measurements.read(place.home, run_id)
    told: Told = carried(publish_to_mlflow(place, record, commit, branch, note, return_state=True))
    artifacts.show(place, found, told)
    if place.private:
        workspace.remove(place)
    return Finished(run_id, place.root, stages, found, told, branch)


def ended_before(run_id: str) -> Any:
    """The state of a deployment's run that had ended already and was tried again; None for one that is to go on.

    Its branch is a record that audits and promotions speak of: it is not made anew.
    """
    home, branch = environment.home(), runs_branch(run_id)
    if not deployment.id or workspace.left_by(home, run_id) or not workspace.has_branch(home, branch):
        return None
    decision = approval.read(content(home, branch, approval.RECORD), run_id)
    if decision is not None and not decision.accepted:
        return faults.as_state(Cancelled(name="Rejected", message=decision.words))
    words = (
        f"This run has ended before; its result stands on branch {branch}, untouched. To do it anew, start a new run."
    )
    get_run_logger().info(words)
    return Completed(message=words)


def chosen(params: Any) -> Any:
    """The form's values as settings: Prefect hands them over as they came, so that a fault in them can be said here.

    Raises:
        ParamsError: a value, or how several go together, cannot be used.
    """
    return params if isinstance(params, Settings) else form_settings(params)


def workspace_of_this_run(rev: str | None) -> Workspace:
    """A private clone for a run of a deployment; the checkout itself for a run that was started in it."""
    home, run_id = environment.home(), str(flow_run.id)
    if not deployment.id:
        return workspace.checkout(home)
    log = get_run_logger()
    if left := workspace.left_by(home, run_id):
        log.info(f"Going on in the private clone of this run's earlier start: {left.root}")
        return left
    place = workspace.private_clone(home, run_id, rev)
    log.info(f"Working in a private clone of {place.commit[:10]}: {place.root}")
    if place.snapshot:
        log.warning(f"The checkout has uncommitted changes; they came along as snapshot commit {place.snapshot[:10]}.")
        _tag_run("snapshot")
    return place


def prepare(place: Workspace, params: Settings, overlay: str | None, approve: bool) -> approval.ApproveParams | None:
    """Make a new workspace ready for the stages, and say how long to wait for a person, if one is to be asked.

    A private clone that cannot be made ready is removed: nothing is in it yet.
    """
    try:
        wait = asking.possible(place, stage_order(place.root)) if approve else None
        if not place.again:
            choose_settings(place, params, overlay)
    except Exception:
        if place.private and not place.again:
            workspace.remove(place)
        raise
    if place.private:
        workspace.keep(place)
    return wait


def rejected(place: Workspace, decision: approval.Decision) -> Finished:
    """End a run that a person rejected: its branch keeps the decision, MLflow hears nothing."""
    message = f"rejected run {decision.run_id}\n\n{decision.words}"
    workspace.publish_branch(place, decision.run_id, message)
    get_run_logger().info(f"The decision is kept on branch {runs_branch(decision.run_id)}.")
    workspace.remove(place)
    return faults.as_state(Cancelled(name="Rejected", message=decision.words))


def choose_settings(place: Workspace, params: Settings, overlay: str | None) -> None:
    """Write the overlay's values and the form's changes into the workspace's params.yaml."""
    changes = [settings.overlay(overlay, (place.root, place.home))] if overlay else []
    changes.append(form_change(params, place.home / PARAMS_FILE))
    changed = settings.change_settings(place.root / PARAMS_FILE, changes, section_models())
    if changed:
        get_run_logger().info(f"Changed settings: {', '.join(changed)}")


@task(name="publish", task_run_name="publish to MLflow", cache_policy=NO_CACHE)
def publish_to_mlflow(place: Workspace, record: dict, commit: str, branch: str, note: str) -> State:
    """Tell MLflow; ends `Skipped` with the reason when MLflow cannot be told."""
    told = tell_mlflow(place, record, commit=commit, branch=branch, note=note)
    if told.trouble:
        again = f"kakehashi publish {record['run_id']}" if branch else "kakehashi publish"
        get_run_logger().warning(f"{told.trouble} The run stands; publish it later: {again}")
        return Completed(name="Skipped", message=told.trouble, data=told)
    return Completed(message=told.link, data=told)


def carried(state: Any) -> Any:
    """What the state of a task carries; a failed task raises its own exception here."""
    return state.result()


def screen_of(place: Workspace) -> Screen:
    """Standard error for a run in the checkout; nothing for a private one, whose words Prefect keeps."""
    described = stage_descriptions(place.root)
    stream = None if place.private else sys.stderr
    return Screen(stream, {stage: described[stage] for stage in stage_order(place.root)})


def _tag_run(tag: str) -> None:
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, tags=[*flow_run.tags, tag])

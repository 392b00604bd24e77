"""Tell MLflow about a run, and never let that be the reason why a run fails."""

import contextlib
import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import md5
from pathlib import Path
from typing import Any

from components import published
from flows import approval, difference, machine, results, servers
from flows.environment import STATE
from flows.measurements import lock_md5
from flows.workspace import Workspace, git

LICENCE_TAG = "licence.verdict"
UNCOMMITTED_TAG = "uncommitted"
"""Of a run in the checkout: the files that stood changed in it when the run began; a private run has `snapshot`."""
TAG_CHARACTERS = 5000
"""As many as every store of MLflow's takes."""


@dataclass(frozen=True)
class Told:
    """Whether MLflow knows of the run now, and where."""

    run_id: str
    """MLflow's id of the parent run; empty if it could not be told."""
    link: str
    """A page a browser can open, or the tracking address when there is no server."""
    trouble: str
    """Why MLflow does not know, in one line; empty if it does."""
    comparisons: Mapping[str, str] = field(default_factory=dict)
    """What a page of MLflow shows beside the run, and its address; none without a server."""


def tell_mlflow(
    place: Workspace, measurements: Mapping[str, Any], *, commit: str = "", branch: str = "", note: str = ""
) -> Told:
    """Publish the run that stands in `place`; trouble comes back as a sentence, never as an exception."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # a server that is down stays down
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    uri = ""
    try:
        uri = servers.tracking_uri(place.home, servers.answering(place.home))
        if uri.startswith("http") and not servers.answers(f"{uri.rstrip('/')}/health"):
            return Told("", uri, f"MLflow does not answer on {uri}.")
        folder = servers.artifact_folder(place.home)
        folder.mkdir(parents=True, exist_ok=True)
        from components import tracking  # MLflow takes over a second to import: only when it is needed

        with _nobody_else(place.home, measurements["run_id"]):
            run_id = tracking.publish(
                place.root,
                tracking_uri=uri,
                measurements=measurements,
                tags=run_tags(place, measurements, commit, branch),
                note=note,
                comparison=against_champion(place.root, uri),
                artifact_folder=None if uri.startswith("http") else folder,
            )
        return Told(run_id, _link(uri, run_id), "", _comparisons(uri))
    except Exception as error:  # whatever MLflow is down with, the run itself has succeeded
        return Told("", uri, f"MLflow could not be told: {str(error).splitlines()[0] if str(error) else repr(error)}")


@contextlib.contextmanager
def _nobody_else(home: Path, run_id: str) -> Iterator[None]:
    """Wait until no other process of this checkout publishes the run, and let none begin: it would take ours for one
    that was cut off. Each run has a byte of its own in the one file of locks; the system frees it with its process."""
    place = int(md5(run_id.encode(), usedforsecurity=False).hexdigest()[:15], 16)
    with (home / STATE / "publishing.lock").open("a", encoding="utf-8") as locks:
        fcntl.lockf(locks, fcntl.LOCK_EX, 1, place)
        yield


def against_champion(root: Path, uri: str) -> str:
    """What the run in `root` changed against the champion of now, as Markdown; empty when there is no champion."""
    from components import registry, run_record, tracking

    client = tracking.connect(uri)
    holder = registry.version_by_alias(client, registry.CHAMPION)
    if holder is None:
        return ""
    champion = published.run_by_id(client, holder.run_id)
    changes = difference.changed_settings(champion.settings, run_record.settings(root))
    with tempfile.TemporaryDirectory() as folder:
        earlier = tracking.predictions_of(client, champion, Path(folder))
        gain = difference.paired_gain(earlier, root / tracking.PREDICTIONS)
    return difference.in_words(f"version {holder.number}, run {champion.flow_run_id[:8]}", changes, gain)


def prepare_mlflow(home: Path) -> threading.Thread:
    """Import MLflow beside the stages' work, and make its first SQLite file, so that publishing need not wait for them.

    Returns:
        The thread that does it, to be joined before publishing.
    """
    database = servers.mlflow_database(home)
    in_a_file = servers.tracking_uri(home, servers.answering(home)).endswith(str(database))

    def prepare() -> None:
        with contextlib.suppress(Exception):  # publishing will meet the same trouble and tell it
            from components import tracking

            if in_a_file:
                database.parent.mkdir(parents=True, exist_ok=True)
                tracking.prepare_database(database, servers.artifact_folder(home))

    thread = threading.Thread(target=prepare, name="prepare MLflow", daemon=True)
    thread.start()
    return thread


def run_tags(place: Workspace, measurements: Mapping[str, Any], commit: str, branch: str) -> dict[str, str]:
    """The tags by which a run is found again in git, DVC and Prefect, and what is to be known of how it was made."""
    run_id = measurements["run_id"]
    here = "" if place.private else git(place.root, "rev-parse", "--abbrev-ref", "HEAD")
    tags = {
        "git.commit": commit or measurements.get("commit") or place.commit,
        "dvc.lock.md5": lock_md5(place.root / "dvc.lock"),
        "dvc.branch": branch or here,
        "prefect.flow_run_id": run_id,
    }
    if made_on := machine.beside(place.root):
        tags["machine"] = made_on.processor
    if place.snapshot:
        tags["snapshot"] = place.snapshot
    if files := measurements.get("uncommitted"):
        tags[UNCOMMITTED_TAG] = ", ".join(files)[:TAG_CHARACTERS]
    tags |= approval.tags(approval.recorded(place.root, run_id))
    if licence := results.licence_verdict(place.root):
        tags[LICENCE_TAG] = licence
    return tags


def _link(uri: str, run_id: str) -> str:
    if not uri.startswith("http"):
        return uri
    from components import tracking

    experiment = tracking.experiment_of(run_id, uri)
    return f"{servers.pages(uri)}/#/experiments/{experiment}/runs/{run_id}"


def _comparisons(uri: str) -> dict[str, str]:
    """The newest run beside the champion and the runs before it."""
    if not uri.startswith("http"):
        return {}
    from flows.compare import links_of_latest

    with contextlib.suppress(Exception):  # the run is published, and that alone counts
        return links_of_latest(uri)
    return {}


def runs_branch(run_id: str) -> str:
    """The branch that holds a private run's settings, lock and metrics."""
    return f"runs/{run_id}"


def publish_again(home: Path, run_id: str | None) -> Told:
    """Tell MLflow about the result that stands in the checkout, or about the branch `runs/<run_id>`.

    Raises:
        LookupError: no measurements are kept for that result, or a person rejected the run.
    """
    from flows import measurements, subject, workspace

    if run_id is None:
        found = measurements.last_recorded(home, home / "dvc.lock")
        if found is None:
            raise LookupError("No run that ended with this dvc.lock is recorded. Do one: kakehashi run.")
        return tell_mlflow(workspace.checkout(home), found, note=found["note"])
    record = measurements.read(home, run_id)
    snapshot = subject.find(home, runs_branch(run_id)).snapshot
    name = f"{run_id}-publish-{os.getpid()}"  # of this process alone
    place = replace(workspace.private_clone(home, name, rev=runs_branch(run_id)), snapshot=snapshot)
    try:
        decision = approval.recorded(place.root, run_id)
        if decision is not None and not decision.accepted:
            raise LookupError(f"Run {run_id} has no result to publish. {decision.words}")
        return tell_mlflow(place, record, branch=runs_branch(run_id), note=record["note"])
    finally:
        workspace.remove(place)

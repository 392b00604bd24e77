"""What an audit is about: a run's id, a branch, a commit or an MLflow run, found as one commit of the checkout."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from components import published
from flows import servers
from flows.differences import flat
from flows.workspace import WorkspaceError, git

RUN_LINE = re.compile(r"^run (\S+)$")
MLFLOW_ID = re.compile(r"^[0-9a-f]{32}$")
SHORTEST = 6
"""Characters of a run's id from which on its beginning may stand for it."""
SNAPSHOT = "Kakehashi-Snapshot"


@dataclass(frozen=True)
class Change:
    """A setting that a run changed, by its dotted name."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Subject:
    """A recorded result: the commit that holds it, and what is known of how it came to be."""

    asked: str
    commit: str
    branch: str
    """A branch `runs/<run id>` that ends in this commit; empty if there is none."""
    run_id: str
    note: str
    message: str
    """First line of the commit's message."""
    author: str
    date: str
    """When it was committed, ISO 8601."""
    base: str
    """The commit that the run began with, before any snapshot; empty for the first commit of all."""
    snapshot: str
    """The commit between them that carries what stood uncommitted when the run began; empty if all was committed."""
    changes: tuple[Change, ...]
    """Settings that differ from `base`'s."""


def find(home: Path, asked: str) -> Subject:
    """The result that a person names.

    Raises:
        WorkspaceError: nothing of that name is known, or its lock stands in no commit.
    """
    commit = _commit(home, asked)
    message = git(home, "show", "--no-patch", "--format=%s%n%b", commit).splitlines()
    line = message[0] if message else ""
    run = RUN_LINE.match(line)
    parents = git(home, "show", "--no-patch", "--format=%P", commit).split()
    base = parents[0] if parents else ""
    snapshot = base if base and _is_snapshot(home, base) else ""
    if snapshot:
        base = git(home, "rev-parse", f"{snapshot}^")
    branch = _run_branch(home, commit)
    return Subject(
        asked=asked,
        commit=commit,
        branch=branch,
        run_id=run[1] if run else branch.partition("runs/")[2],
        note="\n".join(message[1:]).strip() if run else "",
        message=line,
        author=git(home, "show", "--no-patch", "--format=%an", commit),
        date=git(home, "show", "--no-patch", "--format=%cI", commit),
        base=base,
        snapshot=snapshot,
        changes=tuple(_changes(home, base, commit)) if base else (),
    )


def content(home: Path, commit: str, path: str) -> bytes | None:
    """A file of a commit; None if the commit has no such file."""
    done = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=home, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def tracking_uri(home: Path) -> str | None:
    """Where MLflow can be asked without making anything: a server that answers, or a file that is there."""
    uri = servers.tracking_uri(home, servers.answering(home))
    if uri.startswith("http"):
        return uri if servers.answers(f"{uri.rstrip('/')}/health") else None
    if uri.startswith("sqlite:///"):
        return uri if Path(uri.removeprefix("sqlite:///")).is_file() else None
    return uri


def _commit(home: Path, asked: str) -> str:
    remotes = git(home, "remote").splitlines()
    names = [f"runs/{asked}", asked, *(f"{remote}/{name}" for remote in remotes for name in (f"runs/{asked}", asked))]
    for name in names:
        try:
            return git(home, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except WorkspaceError:
            continue
    if len(asked) >= SHORTEST and asked.isalnum():
        begun = git(home, "for-each-ref", "--format=%(objectname)", f"refs/heads/runs/{asked}*").splitlines()
        if len(begun) == 1:
            return begun[0]
    if MLFLOW_ID.match(asked) and (uri := tracking_uri(home)):
        from components import tracking

        for run in published.published_as(tracking.connect(uri), run_id=asked):
            return _commit_of_tags(home, asked, run.data.tags)
    raise WorkspaceError(
        f"`{asked}` is no run, branch, commit or MLflow run known here. Runs: git branch --all --list '*runs/*'; "
        "from elsewhere: git fetch."
    )


def _commit_of_tags(home: Path, asked: str, tags: dict[str, str]) -> str:
    """The commit whose dvc.lock an MLflow run names, its branch first, then its commit, then any."""
    wanted = tags.get("dvc.lock.md5", "")
    likely = [tags.get("dvc.branch", ""), tags.get("git.commit", "")]
    touching = git(home, "log", "--all", "--format=%H", "--", "dvc.lock").splitlines()
    for commit in [*filter(None, likely), *touching]:
        lock = content(home, commit, "dvc.lock")
        if lock is not None and hashlib.md5(lock, usedforsecurity=False).hexdigest() == wanted:
            return git(home, "rev-parse", "--verify", f"{commit}^{{commit}}")
    raise WorkspaceError(
        f"MLflow's run {asked} ended with a dvc.lock (MD5 {wanted or 'unknown'}) that stands in no commit here: it was "
        "never committed, or its branch was not fetched."
    )


def _run_branch(home: Path, commit: str) -> str:
    shown = git(
        home, "for-each-ref", f"--points-at={commit}", "--format=%(refname:short)", "refs/heads", "refs/remotes"
    )
    return next((name for name in shown.splitlines() if re.search(r"(^|/)runs/", name)), "")


def _is_snapshot(home: Path, commit: str) -> bool:
    return bool(git(home, "show", "--no-patch", f"--format=%(trailers:key={SNAPSHOT},valueonly)", commit))


def _changes(home: Path, before: str, after: str) -> Iterator[Change]:
    texts = (content(home, commit, "params.yaml") for commit in (before, after))
    ours, theirs = (dict(flat(YAML(typ="safe").load(text) or {})) if text else {} for text in texts)
    for field in ours | theirs:
        left, right = (str(values[field]) if field in values else "absent" for values in (ours, theirs))
        if left != right:
            yield Change(field, left, right)

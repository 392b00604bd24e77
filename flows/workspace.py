"""Where a run works: in the checkout itself, or in a private clone that ends as a git branch."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from components.outputs import read_json, write_json
from flows import dvc_settings, supervise
from flows.environment import STATE, child_environment, tool
from flows.machine import RECORD

PUBLISHED = ("params.yaml", "dvc.lock", "data/metrics", RECORD, "data/review.csv", "approval.json")
UNSIGNED = ("-c", "commit.gpgsign=false")
"""A run's commits bear no signature of a person: nobody is there to type the phrase."""
MOST_NEW_BYTES = 100_000_000
"""Of new files that a snapshot takes along: git would keep them in every clone, for ever."""
KEPT = STATE / "workspace.json"
"""In a private clone: that it is complete, and what it was made of."""


class WorkspaceError(RuntimeError):
    """A checkout or clone that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Workspace:
    """A place to work in, and where it came from."""

    root: Path
    """Where the stages run."""
    home: Path
    """The checkout the run was asked for in."""
    commit: str
    """What was checked out: a commit of the project, before any snapshot."""
    snapshot: str = ""
    """The commit that carries uncommitted changes into a private clone; empty when there were none."""
    private: bool = False
    again: bool = False
    """Whether an earlier start of the very same run left it, settings and results so far included."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment for the stages: a private clone keeps DVC's notes about its files to itself."""
        notes = {"DVC_SITE_CACHE_DIR": str(self.root / ".dvc" / "tmp" / "site")} if self.private else {}
        return child_environment(self.home, notes)


def checkout(home: Path) -> Workspace:
    """The checkout itself as the place to work."""
    return Workspace(root=home, home=home, commit=git(home, "rev-parse", "HEAD"))


def private_clone(home: Path, run_id: str, rev: str | None = None, *, with_data: bool = True) -> Workspace:
    """Clone `home` for one run, sharing its git objects and its DVC cache, with the data of its dvc.lock laid out.

    Without `rev`, what stands uncommitted in `home` comes along as a snapshot commit; `home` itself is not touched.
    Without `with_data`, nothing is laid out.

    Raises:
        WorkspaceError: `home` is no git checkout, `rev` is unknown, or git or DVC failed.
    """
    commit = commit_of(home, rev or "HEAD")
    snapshot = "" if rev else snapshot_commit(home, run_id)
    root = home / STATE / "runs" / run_id
    if root.exists() and not (root / KEPT).is_file():  # a clone that was killed before it was whole
        shutil.rmtree(root)
    if root.exists():
        raise WorkspaceError(f"{root} exists already. Remove it, or publish what it holds.")
    root.parent.mkdir(parents=True, exist_ok=True)
    try:
        with ThreadPoolExecutor(1) as beside:  # DVC needs as long for its answer as git for the files
            cache_settings = beside.submit(dvc_settings.for_a_clone, home)
            _run_long(["git", "clone", "--quiet", "--shared", "--no-checkout", str(home), str(root)], home, os.environ)
            git(root, "checkout", "--quiet", "--detach", snapshot or commit)
        dvc_settings.write(root, cache_settings.result())
        place = Workspace(root, home, commit, snapshot, private=True)
        if with_data:
            _run_long([str(tool("dvc")), "checkout", "--allow-missing", "--quiet"], root, place.environment)
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
    return place


def keep(place: Workspace) -> None:
    """Mark a private clone as complete: another start of the same run may go on in it."""
    write_json({"commit": place.commit, "snapshot": place.snapshot}, place.root / KEPT)


def left_by(home: Path, run_id: str) -> Workspace | None:
    """The private clone that an earlier start of run `run_id` left complete; None if there is none.

    Locks that git left when it was killed are removed: nobody but that run used them.
    """
    root = home / STATE / "runs" / run_id
    if not (root / KEPT).is_file():
        return None
    branch = Path(git(home, "rev-parse", "--path-format=absolute", "--git-path", f"refs/heads/runs/{run_id}.lock"))
    for lock in (branch, *(root / ".git").rglob("*.lock")):
        lock.unlink(missing_ok=True)
    made_of = read_json(root / KEPT)
    return Workspace(root, home, made_of["commit"], made_of["snapshot"], private=True, again=True)


def has_branch(home: Path, branch: str) -> bool:
    """Whether `home` has a branch of this name."""
    return bool(git(home, "for-each-ref", f"refs/heads/{branch}"))


def commit_of(home: Path, rev: str) -> str:
    """The full hash of a commit, tag or branch of `home`.

    Raises:
        WorkspaceError: `home` knows none of that name.
    """
    try:
        return git(home, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    except WorkspaceError as error:
        if not (home / ".git").exists():
            raise
        raise WorkspaceError(
            f"rev: `{rev}` is no commit, tag or branch of {home}. See git branch --all and git tag; "
            "what is known elsewhere alone, git fetch brings."
        ) from error


def snapshot_commit(home: Path, run_id: str) -> str:
    """Commit changed and new (not ignored) files of `home` on top of HEAD, on no branch; empty if there are none.

    Neither the files nor the index of `home` change: the commit is made through an index of its own.

    Raises:
        WorkspaceError: the new files are too large for git, or git failed.
    """
    if not git(home, "status", "--porcelain", "--untracked-files=all"):
        return ""
    _check_new_files(home)
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(home, "read-tree", "HEAD", env=index)
        git(home, "add", "--all", env=index)
        tree = git(home, "write-tree", env=index)
    message = f"snapshot: uncommitted changes of run {run_id}\n\nKakehashi-Snapshot: true"
    return git(home, "commit-tree", tree, "-p", "HEAD", "-m", message)


def _check_new_files(home: Path) -> None:
    names = git(home, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    sizes = {name: (home / name).lstat().st_size for name in names if name and (home / name).is_file()}
    if sum(sizes.values()) > MOST_NEW_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        raise WorkspaceError(
            f"{len(sizes):,} files that git does not know take {sum(sizes.values()) / 1e6:,.0f} MB, the largest is "
            f"{largest}. A run would take them along in a commit, at most {MOST_NEW_BYTES / 1e6:,.0f} MB. Name them in "
            ".gitignore, or give them to DVC: dvc add."
        )


def publish_branch(place: Workspace, run_id: str, message: str) -> str:
    """Commit settings, lock and metrics in a private clone and push them home as branch `runs/<run_id>`.

    It is one commit, also of a run that was killed after it and tried again: whoever looks for what the run began with
    looks at its parent.

    Returns:
        The commit on that branch.
    """
    git(place.root, "add", "--", *(name for name in PUBLISHED if (place.root / name).exists()))
    again = git(place.root, "log", "-1", "--format=%s") == message.partition("\n")[0]
    if not again or git(place.root, "diff", "--cached", "--name-only"):
        amend = ["--amend"] if again else []
        git(place.root, "commit", "--quiet", "--allow-empty", "--no-verify", *amend, "-m", message)
    git(place.root, "push", "--quiet", str(place.home), f"+HEAD:refs/heads/runs/{run_id}")
    return git(place.root, "rev-parse", "HEAD")


def remove(place: Workspace) -> None:
    """Delete a private clone; never the checkout."""
    assert place.private, "only a private clone may be removed"
    (place.root / KEPT).unlink(
        missing_ok=True
    )  # first, so that a retry of a run killed here finds no clone to go on in
    shutil.rmtree(place.root)


def uncommitted(root: Path) -> list[str]:
    """Changed and new files as `git status` lists them, other than those that a run's record consists of."""
    others = [f":!{name}" for name in PUBLISHED]
    listed = git(root, "status", "--porcelain", "--untracked-files=all", "--", *others)
    return [line[3:] for line in listed.splitlines()]


def git(root: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """The output of a git command in `root`, without spaces at its ends; a nameless user commits as `kakehashi`.

    Raises:
        WorkspaceError: git failed; the message is git's own.
    """
    names = _who() if arguments[0] in ("commit", "commit-tree") and not _has_name(root) else {}
    unsigned = UNSIGNED if arguments[0] == "commit" else ()
    return _run(["git", *unsigned, *arguments], root, {**os.environ, **names, **(env or {})}).rstrip()


def _run(command: list[str], root: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=root, env=dict(env), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise _failed(command, root, done.stderr.strip() or done.stdout.strip())
    return done.stdout


def _run_long(command: list[str], root: Path, env: Mapping[str, str]) -> None:
    """A command that may take minutes: it ends with us, also when we are killed."""
    said: list[str] = []
    if supervise.run(command, cwd=root, env=env, on_text=said.append).exit_code != 0:
        raise _failed(command, root, "".join(said).strip())


def _failed(command: list[str], root: Path, said: str) -> WorkspaceError:
    asked = " ".join([Path(command[0]).name, *(word for word in command[1:] if word not in UNSIGNED)][:3])
    if os.strerror(errno.ENOSPC) in said:
        return WorkspaceError(f"The disk of {root} is full: `{asked}` failed. Free some space and run again.")
    return WorkspaceError(f"`{asked}` failed in {root}: {said}")


def _has_name(root: Path) -> bool:
    return subprocess.run(["git", "var", "GIT_COMMITTER_IDENT"], cwd=root, capture_output=True).returncode == 0


def _who() -> dict[str, str]:
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "kakehashi"), ("EMAIL", "kakehashi@localhost"))
    }

"""Private clones: what comes along, what stays untouched, and what they leave behind."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows import subject, workspace
from flows.environment import tool
from flows.workspace import (
    WorkspaceError,
    checkout,
    git,
    keep,
    left_by,
    private_clone,
    publish_branch,
    remove,
    snapshot_commit,
)


def repro(place: workspace.Workspace) -> str:
    done = subprocess.run([tool("dvc"), "repro"], cwd=place.root, env=place.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_clean_checkout_needs_no_snapshot(toy: Path) -> None:
    assert snapshot_commit(toy, "r1") == ""


def test_changes_travel_and_the_checkout_does_not_notice(toy: Path) -> None:
    (toy / "params.yaml").write_text((toy / "params.yaml").read_text().replace("steps: 12", "steps: 3"))
    (toy / "new.txt").write_text("untracked\n")
    (toy / "components" / "report" / "params.py").unlink()
    (toy / "staged.txt").write_text("staged\n")
    git(toy, "add", "staged.txt")
    before = git(toy, "status", "--porcelain")

    place = private_clone(toy, "r1")

    assert git(toy, "status", "--porcelain") == before
    assert "steps: 3" in (place.root / "params.yaml").read_text()
    assert (place.root / "new.txt").read_text() == "untracked\n"
    assert not (place.root / "components" / "report" / "params.py").exists()
    assert not (place.root / "numbers.txt").exists()  # ignored by git: it stays behind
    assert git(place.root, "log", "-1", "--format=%s", place.snapshot).startswith("snapshot:")
    assert git(toy, "rev-parse", f"{place.snapshot}^") == git(toy, "rev-parse", "HEAD")


def test_new_files_too_large_for_git_are_named_and_nothing_is_made(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MOST_NEW_BYTES", 1_000_000)
    (toy / "photos").mkdir()
    (toy / "photos" / "写真 1.raw").write_bytes(bytes(1_500_000))
    (toy / "new.txt").write_text("untracked\n")
    said = r"^2 files .* take 2 MB, the largest is photos/写真 1.raw\. .* \.gitignore, or .* dvc add\.$"
    with pytest.raises(WorkspaceError, match=said):
        private_clone(toy, "r1")
    assert not (toy / ".kakehashi" / "runs").exists()


def test_a_named_revision_leaves_changes_behind(toy: Path) -> None:
    (toy / "new.txt").write_text("untracked\n")
    place = private_clone(toy, "r1", rev="main")
    assert place.snapshot == ""
    assert not (place.root / "new.txt").exists()


def test_an_unknown_revision_is_refused_and_leaves_no_folder(toy: Path) -> None:
    with pytest.raises(WorkspaceError, match="rev: `nowhere` is no commit, tag or branch of"):
        private_clone(toy, "r1", rev="nowhere")
    assert not (toy / ".kakehashi" / "runs" / "r1").exists()


def test_a_clone_that_was_killed_half_made_is_made_anew_and_a_whole_one_is_kept(toy: Path) -> None:
    half = private_clone(toy, "r1").root
    (half / "params.yaml").unlink()
    place = private_clone(toy, "r1")
    assert (place.root / "params.yaml").is_file()
    workspace.keep(place)
    with pytest.raises(WorkspaceError, match="exists already"):
        private_clone(toy, "r1")


def test_checkout_and_private_clone_write_the_same_lock(toy: Path) -> None:
    """The toy's source lies in no commit: its relative path starts at the checkout, for both."""
    place = private_clone(toy, "r1")  # before the checkout has run: an empty cache, no lock
    repro(place)
    repro(checkout(toy))
    assert (place.root / "dvc.lock").read_bytes() == (toy / "dvc.lock").read_bytes()


def test_the_clone_shares_the_cache_and_starts_with_the_data(toy: Path) -> None:
    repro(checkout(toy))
    git(toy, "add", "--all")
    git(toy, "commit", "--quiet", "-m", "a run")
    place = private_clone(toy, "r1")
    assert (place.root / "data" / "report" / "index.html").is_file()
    assert "Data and pipelines are up to date." in repro(place)
    assert not (place.root / ".dvc" / "cache").exists()


def test_a_published_run_is_a_branch_with_settings_lock_and_figures(toy: Path) -> None:
    (toy / "new.txt").write_text("untracked\n")
    place = private_clone(toy, "r1")
    repro(place)
    commit = publish_branch(place, "r1", "run r1\n\nwhy not")
    assert git(toy, "rev-parse", "runs/r1") == commit
    assert git(toy, "rev-list", "--count", "main..runs/r1") == "2"  # the snapshot, and the run
    files = git(toy, "show", "--name-only", "--format=", "runs/r1").splitlines()
    assert files == ["data/metrics/collect.json", "data/metrics/evaluate.json", "data/metrics/report.json",
                     "data/metrics/train.json", "dvc.lock"]  # fmt: skip
    assert git(toy, "branch", "--show-current") == "main"
    remove(place)
    assert not place.root.exists()


def test_a_run_that_is_told_twice_is_one_commit_whose_parent_is_what_it_began_with(toy: Path) -> None:
    (toy / "new.txt").write_text("uncommitted\n")
    place = private_clone(toy, "r1")
    first = publish_branch(place, "r1", "run r1\n\nWhy.")
    assert publish_branch(place, "r1", "run r1\n\nWhy.") == first
    (place.root / "data" / "metrics").mkdir(parents=True, exist_ok=True)
    (place.root / "data" / "metrics" / "late.json").write_text("{}\n")
    second = publish_branch(place, "r1", "run r1\n\nWhy.")
    assert git(toy, "rev-parse", "runs/r1") == second != first
    found = subject.find(toy, "r1")
    assert (found.snapshot, found.base) == (place.snapshot, place.commit)


def test_locks_of_a_killed_git_keep_no_run_from_going_on(toy: Path) -> None:
    place = private_clone(toy, "r1")
    keep(place)
    heads = toy / ".git" / "refs" / "heads" / "runs"
    heads.mkdir()
    for lock in (place.root / ".git" / "index.lock", place.root / ".git" / "HEAD.lock", heads / "r1.lock"):
        lock.touch()
    with pytest.raises(WorkspaceError, match=r"index\.lock"):
        publish_branch(place, "r1", "run r1")
    left = left_by(toy, "r1")
    assert left is not None
    assert publish_branch(left, "r1", "run r1") == git(toy, "rev-parse", "runs/r1")


def test_git_without_a_name_commits_as_kakehashi(toy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    git(toy, "config", "user.useConfigOnly", "true")
    (toy / "new.txt").write_text("untracked\n")
    assert git(toy, "log", "-1", "--format=%an", snapshot_commit(toy, "r1")) == "kakehashi"


def test_the_beginning_of_a_run_s_id_finds_its_branch(toy: Path) -> None:
    for run_id in ("1f0c22aa-1", "1f0c22bb-2"):
        git(toy, "branch", f"runs/{run_id}")
    assert subject.find(toy, "1f0c22aa").commit == git(toy, "rev-parse", "HEAD")
    for ambiguous_or_short in ("1f0c22", "1f0c"):
        with pytest.raises(WorkspaceError, match="is no run, branch, commit or MLflow run known here"):
            subject.find(toy, ambiguous_or_short)


def test_a_person_who_signs_commits_is_asked_for_no_phrase(toy: Path) -> None:
    git(toy, "config", "commit.gpgsign", "true")
    git(toy, "config", "gpg.program", "/bin/false")
    (toy / "new.txt").write_text("untracked\n")
    place = private_clone(toy, "r1", with_data=False)
    git(place.root, "config", "commit.gpgsign", "true")
    git(place.root, "config", "gpg.program", "/bin/false")
    with pytest.raises(subprocess.CalledProcessError):  # as a person's own commit would
        subprocess.run(["git", "commit", "--allow-empty", "-m", "x"], cwd=place.root, check=True, capture_output=True)
    assert publish_branch(place, "r1", "run r1") == git(toy, "rev-parse", "runs/r1")


def test_what_takes_long_ends_with_who_asked_for_it(toy: Path) -> None:
    script = "import os, signal; from pathlib import Path; from flows.workspace import _run_long\n"
    command = f"echo $$ > {toy}/pid; sleep 600"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{script}_run_long(['sh', '-c', {command!r}], Path('.'), os.environ)"]
    )
    deadline = time.monotonic() + 30
    while not (toy / "pid").is_file() or not (toy / "pid").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    pid = int((toy / "pid").read_text())
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_checkout_is_never_removed(toy: Path) -> None:
    with pytest.raises(AssertionError, match="only a private clone"):
        remove(checkout(toy))
    assert toy.is_dir()

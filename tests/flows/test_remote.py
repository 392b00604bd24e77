"""The data of a run, pushed from one checkout and pulled and audited in another: a folder, and S3 as moto plays it."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows import dvc_settings, machine, remote, workspace
from flows.auditor import audit
from flows.dvc import dvc_does
from flows.environment import child_environment
from flows.workspace import WorkspaceError, git, private_clone, publish_branch, remove

pytestmark = pytest.mark.slow
OBJECTS = 17
"""5 folders' lists, and 1 + 1 + 3 + 3 + 4 files in them."""


@pytest.fixture
def published(toy: Path) -> Path:
    """The toy project with one run on branch `runs/r1`, and no result in the checkout."""
    place = private_clone(toy, "r1")
    dvc_does(place.root, place.environment, "repro", "--quiet")
    machine.record(place.root, None, ["collect", "retrieve", "train", "evaluate", "report"])
    publish_branch(place, "r1", "run r1\n\nto be shown")
    remove(place)
    return toy


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a bucket in moto's S3 server, which lives in this process: it speaks S3, and is not S3."""
    reason = "moto, an S3 server for tests, is not installed: pip install 'moto[s3]'"
    server_of = pytest.importorskip("moto.server", reason=reason)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "toy",
        "AWS_SECRET_ACCESS_KEY": "toy",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import boto3

    boto3.client("s3").create_bucket(Bucket="runs")
    yield "s3://runs/kakehashi"
    server.stop()


def clone_elsewhere(toy: Path, url: str) -> Path:
    """Another person's clone, with the outside source at hand, that pulls from `url`."""
    elsewhere = toy.parent / "elsewhere"
    git(toy, "clone", "--quiet", "--no-local", str(toy), str(elsewhere))
    git(elsewhere, "checkout", "--quiet", "runs/r1")
    shutil.copy(toy / "numbers.txt", elsewhere)
    env = child_environment(elsewhere)
    dvc_does(elsewhere, env, "remote", "modify", "--local", remote.STORE, "url", url)
    dvc_does(elsewhere, env, "pull")
    return elsewhere


def check(elsewhere: Path) -> None:
    """The pulled data is whole, laid out, and the result is met."""
    assert (elsewhere / "data" / "report" / "index.html").is_file()
    assert "up to date" in dvc_does(elsewhere, child_environment(elsewhere), "status")
    found = audit(elsewhere, "r1", say=lambda text: None)
    assert (found.verdict, found.findings) == ("identical", ())
    assert f"{OBJECTS} recorded objects in the cache have the content that their hash says." in found.notes
    assert (found.subject.branch, found.subject.note) == ("runs/r1", "to be shown")


def test_the_committed_remote_names_no_machine(toy: Path) -> None:
    assert "url = ../.kakehashi/remote" in (toy / ".dvc" / "config").read_text()
    assert remote.address(toy) == str(toy / ".kakehashi" / "remote")


def test_a_pushed_run_is_pulled_and_audited_elsewhere(
    published: Path, run_toy: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run_toy("push", "r1")
    folder = published / ".kakehashi" / "remote"
    assert done.stdout == f"{OBJECTS} files pushed → {folder}\n", done.stderr
    assert git(published, "status", "--porcelain") == ""
    assert not list((published / ".kakehashi" / "runs").iterdir())
    again = run_toy("push", "r1")
    assert again.stdout == f"Everything is up to date. → {folder}\n", again.stderr
    check(clone_elsewhere(published, str(folder)))


def test_a_run_is_pushed_to_a_folder_of_choice(published: Path, tmp_path: Path) -> None:
    assert remote.push(published, "runs/r1", str(tmp_path / "disk")) == f"{OBJECTS} files pushed"
    assert len([file for file in (tmp_path / "disk").rglob("*") if file.is_file()]) == OBJECTS
    assert not (published / ".kakehashi" / "remote").exists()


def test_a_run_is_pushed_to_s3_and_audited_elsewhere(published: Path, s3: str) -> None:
    assert remote.push(published, "r1", s3) == f"{OBJECTS} files pushed"
    check(clone_elsewhere(published, s3))


def test_data_that_is_not_there_cannot_be_pushed(published: Path) -> None:
    shutil.rmtree(dvc_settings.cache_folder(published))
    with pytest.raises(
        WorkspaceError, match="The cache lacks data/collect, data/validate, data/retrieve, data/train, data/report"
    ):
        remote.push(published, "r1")
    assert not (published / ".kakehashi" / "remote").exists()
    with pytest.raises(WorkspaceError, match=r"holds no dvc\.lock: there is no data to push"):
        remote.push(published, "main")


def test_a_clone_pushes_to_the_checkouts_remote(published: Path) -> None:
    place = private_clone(published, "r2", rev="runs/r1")
    dvc_does(place.root, place.environment, "push")
    assert (published / ".kakehashi" / "remote").is_dir()
    workspace.remove(place)

"""What a person can mend is one line; what only a programmer can keeps its traceback."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.exceptions import RestException

from components.params import ParamsError
from flows import workspace
from flows.faults import in_one_line
from flows.refresh import stages_up_to
from flows.stages import StageFailed
from flows.workspace import WorkspaceError, git


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ParamsError("params.yaml: a is 0.\nparams.yaml: b is 0."), "params.yaml: a is 0. params.yaml: b is 0."),
        (
            StageFailed("train", 1, ["reading", "train: params.yaml: a is 0.", "train: params.yaml: b is 0."]),
            "stage train failed (exit code 1): params.yaml: a is 0. params.yaml: b is 0.",
        ),
        (
            StageFailed("train", 1, ["train, note: there is no bank.", "train: params.yaml: a is 0."]),
            "stage train failed (exit code 1): params.yaml: a is 0.",
        ),
        (
            StageFailed("train", 1, ["Traceback …", "ZeroDivisionError: division by zero"]),
            "stage train failed (exit code 1): ZeroDivisionError: division by zero",
        ),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/run.json"),
            "the disk is full. Free some space and run again; nothing half-written is left, earlier results stay.",
        ),
        (OSError("the server\nhung up"), "the server hung up"),
        (ZeroDivisionError("division by zero"), None),
    ],
    ids=[
        "settings",
        "a stage's complaint",
        "no note",
        "a stage's traceback",
        "full disk",
        "a connection",
        "our own fault",
    ],
)
def test_a_fault_in_one_line(error: Exception, line: str | None) -> None:
    assert in_one_line(error) == line


def fault_of(broken: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as fault:
        broken()
    return fault.value


def test_words_that_our_code_raises_are_for_people_and_those_of_c_code_called_by_it_are_not() -> None:
    class Forgetful(list[str]):
        """A list that finds nothing of what it says it holds."""

        def __contains__(self, stage: object) -> bool:
            return True

    ours = fault_of(lambda: stages_up_to("index", ["collect"]))
    assert in_one_line(ours) == "dvc.yaml has no stage `index`. Its stages: collect."
    of_list = fault_of(lambda: stages_up_to("index", Forgetful()))
    assert isinstance(of_list, ValueError)  # by `list.index`, which has no frame: the last one is of `stages_up_to`
    assert in_one_line(of_list) is None
    assert in_one_line(fault_of(lambda: json.loads("{"))) is None


def test_git_on_a_full_disk_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = tmp_path / "git"
    full.write_text("#!/bin/sh\necho 'fatal: write error: No space left on device' >&2\nexit 128\n")
    full.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(WorkspaceError, match=r"^The disk of .* is full: `git clone` failed. Free some space"):
        git(tmp_path, "clone")


def test_a_user_without_a_git_identity_can_run(toy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        for what in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{what}")
    nameless = tmp_path / "gitconfig"
    nameless.write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(nameless))
    (toy / "new.txt").write_text("uncommitted\n")
    place = workspace.private_clone(toy, "r1")
    commit = workspace.publish_branch(place, "r1", "run r1")
    assert git(toy, "show", "--no-patch", "--format=%an", commit) == "kakehashi"
    assert git(toy, "show", f"{commit}:new.txt") == "uncommitted"


def test_what_mlflow_refuses_with_is_one_line() -> None:
    refused = RestException({"error_code": "PERMISSION_DENIED", "message": "not yours\nat all"})
    assert in_one_line(refused) == "MLflow refused, or broke off: PERMISSION_DENIED: not yours"

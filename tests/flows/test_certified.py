"""Which certificate is a run's, and what it says."""

import json
import os
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from flows.certified import audit_verdict
from tests.flows.conftest import git


def certify(home: Path, folder: str, age_seconds: int = 0, **values: Any) -> None:
    file = home / ".kakehashi" / "audits" / folder / "certificate.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(values))
    os.utime(file, (10_000 - age_seconds, 10_000 - age_seconds))


@pytest.mark.parametrize("verdict", ["identical", "equivalent", "different"])
def test_by_the_folder_or_by_the_subject_s_run(tmp_path: Path, verdict: str) -> None:
    certify(tmp_path, "r1", verdict=verdict)
    certify(tmp_path, "c0ffee", verdict=verdict, subject={"run_id": "r2", "commit": ""})
    assert [audit_verdict(tmp_path, run, "") for run in ("r1", "r2", "r3", "")] == [verdict, verdict, None, None]


def test_by_a_commit_that_holds_the_run_s_lock(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "dvc.lock").write_bytes(b"stages: {}\n")
    git(tmp_path, "add", "dvc.lock")
    git(tmp_path, "commit", "--quiet", "-m", "a run")
    commit = git(tmp_path, "rev-parse", "HEAD")
    certify(tmp_path, commit[:12], verdict="identical", holds=True, subject={"commit": commit, "run_id": ""})
    certify(tmp_path, "gone", verdict="different", subject={"commit": "0" * 40, "run_id": ""})
    lock = md5(b"stages: {}\n").hexdigest()
    assert audit_verdict(tmp_path, "r1", lock) == "identical"
    assert audit_verdict(tmp_path, "r1", md5(b"another").hexdigest()) is None


def test_the_latest_counts_and_findings_are_said(tmp_path: Path) -> None:
    certify(tmp_path, "old", 60, verdict="different", holds=False, subject={"run_id": "r1"})
    certify(tmp_path, "new", 0, verdict="identical", holds=False, subject={"run_id": "r1"})
    assert audit_verdict(tmp_path, "r1", "") == "identical, with findings"

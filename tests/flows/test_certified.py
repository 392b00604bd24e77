"""Which certificate is a run's, and what it says."""

import json
import os
from hashlib import md5
from pathlib import Path
from typing import Any

from flows.certified import audit_verdict
from tests.flows.conftest import git


def certify(home: Path, folder: str, age_seconds: int = 0, **values: Any) -> None:
    file = home / ".kakehashi" / "audits" / folder / "certificate.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(values))
    os.utime(file, (10_000 - age_seconds, 10_000 - age_seconds))


LOCK = md5(b"stages: {}\n").hexdigest()


def committed(home: Path) -> str:
    """The commit of a dvc.lock with the MD5 of LOCK."""
    git(home, "init", "--quiet")
    (home / "dvc.lock").write_bytes(b"stages: {}\n")
    git(home, "add", "dvc.lock")
    git(home, "commit", "--quiet", "-m", "a run")
    return git(home, "rev-parse", "HEAD")


def test_by_a_commit_that_holds_the_run_s_lock(tmp_path: Path) -> None:
    commit = committed(tmp_path)
    certify(tmp_path, commit[:12], verdict="identical", holds=True, subject={"commit": commit, "run_id": ""})
    certify(tmp_path, "gone", verdict="different", subject={"commit": "0" * 40, "run_id": ""})
    assert audit_verdict(tmp_path, LOCK) == "identical"
    assert [audit_verdict(tmp_path, lock) for lock in (md5(b"another").hexdigest(), "")] == [None, None]


def test_the_latest_counts_and_findings_are_said(tmp_path: Path) -> None:
    about = {"commit": committed(tmp_path), "run_id": "r1"}
    certify(tmp_path, "old", 60, verdict="different", holds=False, subject=about)
    assert audit_verdict(tmp_path, LOCK) == "different"
    certify(tmp_path, "new", 0, verdict="identical", holds=False, subject=about)
    assert audit_verdict(tmp_path, LOCK) == "identical, with findings"

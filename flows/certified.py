"""What the audit of a result found, looked up among the certificates in `.kakehashi/audits`."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from subprocess import DEVNULL, CalledProcessError, check_output
from typing import Any

from components.outputs import read_json
from flows.environment import STATE


def audit_verdict(home: Path, lock_md5: str) -> str | None:
    """The verdict of a result's latest certificate: `identical`, `equivalent` or `different`; None if there is none.

    A certificate is the result's if the commit that it is about holds the very dvc.lock that the run ended with: the
    name of a run would also stand for what is made under it later. A verdict that came with findings says so, and is
    then none of the three.
    """
    files = (home / STATE / "audits").glob("*/certificate.json")
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        certificate = read_json(file)
        if lock_md5 and _lock_md5_of(home, certificate.get("subject", {})) == lock_md5:
            verdict = str(certificate.get("verdict", "no verdict"))
            return verdict if certificate.get("holds", True) or verdict == "different" else f"{verdict}, with findings"
    return None


def _lock_md5_of(home: Path, subject: Mapping[str, Any]) -> str | None:
    with suppress(CalledProcessError):
        commit = str(subject.get("commit") or "")
        if commit.isalnum():
            lock = check_output(["git", "show", f"{commit}:dvc.lock"], cwd=home, stderr=DEVNULL)
            return md5(lock, usedforsecurity=False).hexdigest()
    return None

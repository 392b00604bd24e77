"""Installed packages against `requirements.lock`: which are other than locked, or missing."""

import importlib.metadata
import re
from dataclasses import dataclass

from packaging.requirements import Requirement

MISSING = "missing"


@dataclass(frozen=True)
class Apart:
    """A package whose installed version is not the locked one."""

    name: str
    locked: str
    installed: str
    """The version found, or `missing`."""

    def __str__(self) -> str:
        return f"{self.name} {self.installed} (locked: {self.locked})"


def locked(text: str) -> dict[str, str]:
    """Name and version of each `name==version` line of a lock that applies to this platform."""
    lines = (line for line in text.splitlines() if re.match(r"[A-Za-z0-9._-]+==", line))
    requirements = (Requirement(line) for line in lines)
    wanted = (one for one in requirements if one.marker is None or one.marker.evaluate())
    return {one.name: next(iter(one.specifier)).version for one in wanted}


def installed(name: str) -> str:
    """The version of an installed package with its build (`2.15.0+cpu`), or `missing`."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return MISSING


def apart(text: str) -> list[Apart]:
    """Packages that are other than the lock's `text` says; the build behind a `+` is no difference."""
    pairs = ((name, version, installed(name)) for name, version in locked(text).items())
    return [Apart(*pair) for pair in pairs if pair[1].partition("+")[0] != pair[2].partition("+")[0]]

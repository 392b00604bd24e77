"""What could keep a run from working on this machine, and the mend for each fault."""

import importlib.metadata
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from components.params import PARAMS_FILE, ParamsError
from flows import packages, servers
from flows.environment import child_environment, tool

OLDEST_PYTHON = (3, 11)
FREE_BYTES = 5_000_000_000
FASTAPI_BELOW = (0, 151)
"""Prefect 3.8's server does not start with a newer FastAPI, whatever `pip check` says."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` is empty when it is well."""

    what: str
    seen: str
    mend: str = ""


def examine(home: Path) -> Iterator[Finding]:
    """Look at everything a run needs, one finding each; a check that itself breaks is a finding too."""
    checks: list[Callable[[Path], Iterator[Finding]]] = [
        _python, _packages, _pins, _git, _params, _stages, _cache, _locks, _disk, _servers,
    ]  # fmt: skip
    for look in checks:
        try:
            yield from look(home)
        except Exception as error:  # the doctor must not fall ill
            yield Finding(look.__name__.strip("_"), f"could not be checked: {error}", "Report this with the message.")


def _python(home: Path) -> Iterator[Finding]:
    seen = ".".join(map(str, sys.version_info[:3]))
    mend = "" if sys.version_info >= OLDEST_PYTHON else "Install Python 3.11 or newer, then `make install`."
    yield Finding("Python", seen, mend)


def _packages(home: Path) -> Iterator[Finding]:
    lock = home / "requirements.lock"
    if not lock.is_file():
        yield Finding("packages", "there is no requirements.lock", "Restore it: git checkout requirements.lock")
        return
    text = lock.read_text(encoding="utf-8")
    wrong = list(map(str, packages.apart(text)))
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        mend = "Install what is locked: make install"
        yield Finding("packages", f"{', '.join(wrong[:5])}{more}", mend)
    else:
        yield Finding("packages", f"all {len(packages.locked(text))} as locked")


def _pins(home: Path) -> Iterator[Finding]:
    fastapi = importlib.metadata.version("fastapi")
    release = tuple(int(part) for part in re.findall(r"\d+", fastapi)[:2])
    mend = "" if release < FASTAPI_BELOW else "Prefect's server cannot start with it: pip install 'fastapi<0.151'"
    yield Finding("fastapi", fastapi, mend)
    torch, vision = (importlib.metadata.version(name).split("+")[0] for name in ("torch", "torchvision"))
    needs = _required_torch()
    paired = needs is None or needs == torch
    mend = "" if paired else f"torchvision {vision} is built for torch {needs}: make install"
    yield Finding("torch, torchvision", f"{torch}, {vision}", mend)


def _required_torch() -> str | None:
    requirements = importlib.metadata.requires("torchvision") or []
    found = (re.match(r"torch\s*\(?==\s*([\d.]+)", requirement) for requirement in requirements)
    return next((match[1] for match in found if match), None)


def _git(home: Path) -> Iterator[Finding]:
    if shutil.which("git") is None:
        yield Finding("git", "not found", "Install git.")
        return
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=home, capture_output=True, text=True)
    if done.returncode == 0:
        yield Finding("git", f"checkout at {done.stdout.strip()}")
    else:
        yield Finding("git", "no checkout with a commit", "Clone the project with git; an unpacked archive lacks it.")


def _params(home: Path) -> Iterator[Finding]:
    from flows.form import file_settings

    try:
        file_settings(home / PARAMS_FILE)
    except ParamsError as error:
        seen = str(error).replace(f"{home / PARAMS_FILE}: ", "")
        yield Finding(str(PARAMS_FILE), seen, "Correct the fields named, or: git checkout params.yaml")
    else:
        yield Finding(str(PARAMS_FILE), "every section is valid")


def _stages(home: Path) -> Iterator[Finding]:
    from flows.graph import stage_order

    try:
        yield Finding("dvc.yaml", f"{len(stage_order(home))} stages")
    except ParamsError as error:
        yield Finding("dvc.yaml", str(error), "Restore it: git checkout dvc.yaml")


def _cache(home: Path) -> Iterator[Finding]:
    done = subprocess.run(
        [tool("dvc"), "cache", "dir"], cwd=home, env=child_environment(home), capture_output=True, text=True
    )
    if done.returncode != 0:
        yield Finding("DVC", done.stderr.strip() or "does not work here", "Run from the project's root.")
        return
    cache = Path(done.stdout.strip())
    probe = cache / ".kakehashi-probe"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        mend = f"Make it writable: chmod u+w {cache}; or choose another: dvc cache dir --local FOLDER"
        yield Finding("DVC cache", f"{cache}: {error.strerror}", mend)
    else:
        yield Finding("DVC cache", f"{cache} is writable")


def _locks(home: Path) -> Iterator[Finding]:
    lock = home / ".dvc" / "tmp" / "rwlock"
    try:
        json.loads(lock.read_text(encoding="utf-8")) if lock.is_file() else None
    except ValueError:
        yield Finding("DVC lock", f"{lock} was cut off when DVC was killed", f"Remove it: rm {lock}")


def _disk(home: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(home).free
    enough = free >= FREE_BYTES
    mend = "" if enough else f"Free {FREE_BYTES / 1e9:.0f} GB: kakehashi clean; dvc gc --all-branches --all-tags"
    yield Finding("disk", f"{free / 1e9:.0f} GB free", mend)


def _servers(home: Path) -> Iterator[Finding]:
    if up := servers.answering(home):
        yield Finding("servers", f"Prefect {up.prefect}, MLflow {up.mlflow}")
        return
    taken = ", ".join(str(port) for port in (4200, 5000) if not servers.port_is_free(port))
    ports = f"; port {taken} is another program's: `kakehashi up --help` tells how to take others" if taken else ""
    yield Finding("servers", f"not started (a run needs none){ports}")
    try:
        socket.getaddrinfo("localhost", None)
    except OSError:
        yield Finding("localhost", "does not resolve", "Add `127.0.0.1 localhost` to /etc/hosts.")

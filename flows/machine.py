"""The machine and the environment that a result is made with: recorded beside dvc.lock, read by no stage."""

import hashlib
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from components.outputs import whole_file
from flows import packages

RECORD = "environment.json"
"""In a project's root: the machine that made the dvc.lock beside it."""
NUMERICAL = ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "faiss-cpu", "pandas", "pyarrow", "pillow",
             "open_clip_torch", "safetensors")  # fmt: skip
"""Packages whose version or build can move the last bits of a result."""
ARITHMETIC = re.compile(r"^(sse4_2|avx\w*|fma\w*|f16c|amx\w*|asimd\w*|neon|sve\w*|bf16|i8mm)$")
"""Processor flags that decide which kernels a numerical library takes."""


@dataclass(frozen=True)
class Machine:
    """What can make the same code give other bytes."""

    processor: str
    """The model's name, as the system gives it."""
    architecture: str
    instruction_sets: tuple[str, ...]
    logical_processors: int
    accelerators: tuple[str, ...]
    """Names of GPUs with their driver; empty when there is none that `nvidia-smi` knows."""
    system: str
    python: str
    numerical: dict[str, str]
    """Versions, builds included, of the packages of `NUMERICAL` that are installed."""
    other_than_locked: dict[str, tuple[str, str]] | None
    """Package to its locked and its installed version; None when there was no requirements.lock to compare with."""

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Self:
        """A machine as `asdict` wrote it into JSON; fields of a later version are left out."""
        known = {field.name for field in fields(cls)}
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        if isinstance(apart := kept.get("other_than_locked"), dict):
            kept["other_than_locked"] = {name: tuple(versions) for name, versions in apart.items()}
        return cls(**{name: value for name, value in kept.items() if name in known})


def this_machine(lock: Path) -> Machine:
    """The machine we run on, its packages compared with the requirements.lock at `lock`."""
    versions = {name: packages.installed(name) for name in NUMERICAL}
    apart = packages.apart(lock.read_text(encoding="utf-8")) if lock.is_file() else None
    return Machine(
        processor=_processor(),
        architecture=platform.machine(),
        instruction_sets=_instruction_sets(),
        logical_processors=os.cpu_count() or 0,
        accelerators=_accelerators(),
        system=platform.platform(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        numerical={name: version for name, version in versions.items() if version != packages.MISSING},
        other_than_locked=None if apart is None else {one.name: (one.locked, one.installed) for one in apart},
    )


@dataclass(frozen=True)
class Made:
    """How a dvc.lock came to be, as `environment.json` keeps it."""

    machine: Machine
    stages_run: tuple[str, ...]
    """The stages that ran on that machine; the others came from an earlier run."""
    uncommitted: tuple[str, ...] = ()
    """Files that stood changed in the checkout, beside the commit, when the run began in it."""


def record(
    root: Path, committed_lock: bytes | None, stages_run: Iterable[str], uncommitted: Iterable[str] = ()
) -> bool:
    """Write `environment.json` beside dvc.lock; returns whether it was written.

    It is left alone where it, or the commit, already speaks of this very dvc.lock: who made that stays true.

    Args:
        root: the workspace in which a run has ended.
        committed_lock: the dvc.lock of the commit that the run began with.
        stages_run: the stages that ran here; all others came from an earlier run.
        uncommitted: files that stood changed beside that commit.
    """
    lock, file = (root / "dvc.lock").read_bytes(), root / RECORD
    if lock == committed_lock or read(file.read_bytes() if file.is_file() else None, lock) is not None:
        return False
    values = {
        "dvc_lock_md5": _md5(lock),
        "stages_run": list(stages_run),
        "uncommitted": list(uncommitted),
        "machine": asdict(this_machine(root / "requirements.lock")),
    }
    with whole_file(file) as draft:
        draft.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return True


def read(content: bytes | None, lock: bytes) -> Made | None:
    """What an `environment.json` says; None if it speaks of another dvc.lock."""
    try:
        values = json.loads(content or b"{}")
        if values.get("dvc_lock_md5") != _md5(lock):
            return None
        machine = Machine.from_values(values["machine"])
        return Made(machine, tuple(values["stages_run"]), tuple(values.get("uncommitted", ())))
    except (ValueError, KeyError, TypeError, AttributeError):  # written by hand, or by something else
        return None


def beside(root: Path) -> Machine | None:
    """The machine that made the dvc.lock in `root`, if that is recorded."""
    file, lock = root / RECORD, root / "dvc.lock"
    known = read(file.read_bytes(), lock.read_bytes()) if file.is_file() and lock.is_file() else None
    return known.machine if known else None


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _cpuinfo(name: str) -> str:
    file = Path("/proc/cpuinfo")
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    found = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _processor() -> str:
    named = _cpuinfo("model name")
    if not named and platform.system() == "Linux":  # ARM names numbers only
        parts = (_cpuinfo("CPU implementer"), _cpuinfo("CPU part"))
        named = f"implementer {parts[0]}, part {parts[1]}" if all(parts) else ""
    if platform.system() == "Darwin":
        named = _said("sysctl", "-n", "machdep.cpu.brand_string")
    family = [_cpuinfo(name) for name in ("cpu family", "model", "stepping")]
    number = f" (family {family[0]}, model {family[1]}, stepping {family[2]})" if all(family) else ""
    return f"{named or platform.processor() or 'unknown'}{number}"


def _instruction_sets() -> tuple[str, ...]:
    flags = f"{_cpuinfo('flags')} {_cpuinfo('Features')}".split()
    return tuple(sorted({flag for flag in flags if ARITHMETIC.match(flag)}))


def _accelerators() -> tuple[str, ...]:
    return tuple(_said("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader").splitlines())


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

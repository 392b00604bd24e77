"""Where the claims are measured: for each job and seed a clone whose chain ran up to `retrieve`, made once and kept.

A place keeps the commit that made it. Delete `.kakehashi/benchmarks/claims` to prepare all of them anew.
"""

import subprocess
from pathlib import Path

from benchmarks.overlays import SEEDED, THREADED, apply
from components.outputs import read_json
from flows import environment, settings

PLACES = Path(".kakehashi/benchmarks/claims")
JOBS = ("default", "ldraw", "emoji")


def prepare(root: Path, job: str, seed: int, threads: int = 1) -> Path:
    """The place of `job` and `seed`: corpus, base model of that seed, its vectors and its selection.

    Raises:
        CalledProcessError: a stage failed; its own words stand on standard error.
    """
    place = root / PLACES / f"{job}-{seed}"
    if not (place / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", str(root), str(place)], check=True)
    if not (place / "data/retrieve/selection.parquet").is_file():
        subprocess.run(["git", "checkout", "--quiet", "params.yaml"], cwd=place, check=True)
        changes = [] if job == "default" else [settings.overlay(place / "examples" / f"{job}.yaml")]
        words = [f"{field}={threads}" for field in THREADED] + [f"{field}={seed}" for field in SEEDED]
        apply(place, [*changes, settings.assignments(words)])
        command = [str(environment.tool("dvc")), "repro", "retrieve"]
        subprocess.run(command, cwd=place, env=environment.child_environment(root), check=True)
    return place


def commit_of(place: Path) -> str:
    """The commit whose code prepared the place."""
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=place, text=True).strip()


def base_of(root: Path, job: str, seed: int) -> str:
    """The first twelve digits of the SHA-256 of the place's base model; prepares the place if it is not there yet."""
    return str(read_json(prepare(root, job, seed) / "data/embed/provenance.json")["model_sha256"])[:12]

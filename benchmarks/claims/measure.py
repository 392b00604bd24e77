"""Trials of one place, one after another, each a line of the record as soon as it is done."""

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.claims.places import base_of
from benchmarks.claims.trial import Trial, base_figures, run
from benchmarks.retrieval.results import Results

RECORD = Path("benchmarks/claims/record.jsonl")


def measure(root: Path, trial: Trial, results: Results, commit: str) -> None:
    """Run the trial unless its line is there, of the same base."""
    base = base_of(root, trial.job, trial.seed)
    if results.find({**trial.key, "base": base}) is None:
        figures = base_figures(root, trial.job, trial.seed) if trial.rows == "none" else run(root, trial)
        results.add({"arm": trial.arm, **trial.key, "base": base, "commit": commit, **figures})


def measure_place(root: Path, number: str, trials: Sequence[Trial], commit: str) -> None:
    """All trials of one place, in this process: its pictures are decoded once."""
    for trial in trials:
        began = time.monotonic()
        measure(root, trial, Results(root / RECORD), commit)
        spent = time.monotonic() - began
        print(f"{number}: {trial.job}, seed {trial.seed}, {trial.arm}: {spent:.0f} s", flush=True)

"""Trials as a table: means over the seeds, and the paired difference from the reference with its interval."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from benchmarks.claims.grids import Benchmark
from benchmarks.claims.trial import Trial
from benchmarks.retrieval.results import Results

Lines = Mapping[tuple[str, str, int], Mapping[str, Any]]


def table(benchmark: Benchmark, trials: Sequence[Trial], results: Results) -> str:
    """A Markdown table: a row an arm; for each job the figures' means, and the first one's paired difference.

    Of each job and seed only trials of the base that was met last count.
    """
    lines: dict[tuple[str, str, int], Mapping[str, Any]] = {}
    for trial in trials:
        newest = results.find({"job": trial.job, "seed": trial.seed}) or {}
        found = results.find({**trial.key, "base": newest.get("base")})
        if found is not None:
            lines[trial.job, trial.arm, trial.seed] = found
    jobs = [job for job in benchmark.jobs if any(job == key[0] for key in lines)]
    heads = [f"{job}: {name}" for job in jobs for name in (*benchmark.figures, "difference (95 %)", "seeds")]
    rows = [f"| arm | {' | '.join(heads)} |", f"|---{'|---' * len(heads)}|"]
    for arm in dict.fromkeys(trial.arm for trial in trials):
        cells = [cell for job in jobs for cell in _cells(benchmark, lines, job, arm)]
        rows.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cells(benchmark: Benchmark, lines: Lines, job: str, arm: str) -> list[str]:
    mine = {seed: line for (its_job, its_arm, seed), line in lines.items() if (its_job, its_arm) == (job, arm)}
    if not mine:
        return ["–"] * (len(benchmark.figures) + 2)
    known = [[line[name] for line in mine.values() if name in line] for name in benchmark.figures]
    means = [f"{np.mean(values):.3g}" if values else "–" for values in known]
    reference = benchmark.reference if isinstance(benchmark.reference, str) else benchmark.reference(arm)
    pairs = [
        line[benchmark.figures[0]] - other[benchmark.figures[0]]
        for seed, line in mine.items()
        if (other := lines.get((job, reference, seed)))
    ]
    difference = "" if arm == reference or not pairs else difference_with_interval(pairs)
    return [*means, difference, str(len(mine))]


def difference_with_interval(pairs: Sequence[float]) -> str:
    """Mean of paired differences with its 95 % interval by Student's t; one pair has none."""
    mean = float(np.mean(pairs))
    if len(pairs) < 2:
        return f"{mean:+.1f}"
    half = float(student_t.ppf(0.975, len(pairs) - 1) * np.std(pairs, ddof=1) / np.sqrt(len(pairs)))
    return f"{mean:+.1f} ± {half:.1f}"

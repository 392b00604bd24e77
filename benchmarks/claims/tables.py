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
    """Markdown: for each job the first figure's mean and paired difference, then every figure of each job.

    Of each job and seed only trials of the base that was met last count. A cell says how many seeds it has where others
    have more.
    """
    lines = found(trials, results)
    jobs = [job for job in benchmark.jobs if any(job == key[0] for key in lines)]
    arms = list(dict.fromkeys(trial.arm for trial in trials))
    tables = [
        _markdown(["arm", *jobs], [[arm, *(_compared(benchmark, lines, job, arm) for job in jobs)] for arm in arms])
    ]
    for job in jobs if len(benchmark.figures) > 1 else ():
        rows = [[arm, *_means(benchmark, lines, job, arm)] for arm in arms]
        tables.append(_markdown([job, *(name.replace("_", " ") for name in benchmark.figures)], rows))
    return "\n\n".join(tables)


def table_of_differences(benchmark: Benchmark, trials: Sequence[Trial], results: Results, against: str) -> str:
    """Markdown: for each job and arm every figure's paired difference from the arm `against`, with its interval."""
    lines, rows = found(trials, results), []
    for job in dict.fromkeys(trial.job for trial in trials):
        others = _of(lines, job, against)
        for arm in dict.fromkeys(trial.arm for trial in trials if trial.arm != against):
            shared = [(line, others[seed]) for seed, line in _of(lines, job, arm).items() if seed in others]
            cells = [
                difference_with_interval([mine[name] - other[name] for mine, other in shared], _digits(name))
                for name in benchmark.figures
                if shared
            ]
            rows.append([job, arm, *(cells or ["–"] * len(benchmark.figures))])
    return _markdown(["job", "arm", *(name.replace("_", " ") for name in benchmark.figures)], rows)


def table_of_domains(trials: Sequence[Trial], results: Results) -> str:
    """Markdown: for each job and unseen domain the base, each arm, and what it gains seed by seed, class-balanced."""
    lines, rows = found(trials, results), []
    for job in dict.fromkeys(trial.job for trial in trials):
        for arm in dict.fromkeys(trial.arm for trial in trials if trial.arm != "base"):
            base, mine = _of(lines, job, "base"), _of(lines, job, arm)
            seeds = sorted(set(base) & set(mine))
            for domain in dict.fromkeys(name for seed in seeds for name in mine[seed]["domains"]):
                either = [
                    np.array([side[seed]["domains"][domain]["balanced_accuracy"] for seed in seeds])
                    for side in (base, mine)
                ]
                gains = " / ".join(f"{gain:+.1f}" for gain in either[1] - either[0])
                rows.append([job, domain, arm, *(f"{each.mean():.1f}" for each in either), gains])
    return _markdown(["job", "domain", "arm", "base", "student", "gain of each seed"], rows)


def found(trials: Sequence[Trial], results: Results) -> Lines:
    """The lines of the trials that are done, by job, arm and seed."""
    lines: dict[tuple[str, str, int], Mapping[str, Any]] = {}
    for trial in trials:
        newest = results.find({"job": trial.job, "seed": trial.seed}) or {}
        line = results.find({**trial.key, "base": newest.get("base")})
        if line is not None:
            lines[trial.job, trial.arm, trial.seed] = line
    return lines


def _of(lines: Lines, job: str, arm: str) -> dict[int, Mapping[str, Any]]:
    return {seed: line for (its_job, its_arm, seed), line in lines.items() if (its_job, its_arm) == (job, arm)}


def _compared(benchmark: Benchmark, lines: Lines, job: str, arm: str) -> str:
    mine, name = _of(lines, job, arm), benchmark.figures[0]
    if not mine:
        return "–"
    reference = benchmark.reference if isinstance(benchmark.reference, str) else benchmark.reference(arm)
    others = {} if arm in (reference, "base") else _of(lines, job, reference)
    pairs = [line[name] - others[seed][name] for seed, line in mine.items() if seed in others]
    most = max(len(_of(lines, job, each)) for _, each, _ in lines if each)
    seeds = "" if len(mine) == most else f", {len(mine)} of {most} seeds"
    return f"{_mean(mine, name)}{f' ({difference_with_interval(pairs)})' if pairs else ''}{seeds}"


def _means(benchmark: Benchmark, lines: Lines, job: str, arm: str) -> list[str]:
    return [_mean(_of(lines, job, arm), name) for name in benchmark.figures]


def _mean(mine: Mapping[int, Mapping[str, Any]], name: str) -> str:
    known = [line[name] for line in mine.values() if name in line]
    if not known:
        return "–"
    mean = float(np.mean(known))
    return f"{mean:,.0f}" if abs(mean) >= 1000 else f"{mean:.1f}" if abs(mean) >= 10 else f"{mean:.2f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _digits(figure: str) -> int:
    """Accuracies are in percent; all else is about 1."""
    return 1 if figure.endswith("accuracy") else 3


def difference_with_interval(pairs: Sequence[float], digits: int = 1) -> str:
    """Mean of paired differences with its 95 % interval by Student's t; one pair has none."""
    mean = float(np.mean(pairs))
    if len(pairs) < 2:
        return f"{mean:+.{digits}f}"
    half = float(student_t.ppf(0.975, len(pairs) - 1) * np.std(pairs, ddof=1) / np.sqrt(len(pairs)))
    return f"{mean:+.{digits}f} ± {half:.{digits}f}"

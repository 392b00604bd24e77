"""Which of the training ideas pay, side by side on the same places, seeds and steps.

    python -m benchmarks.claims [1 2 3 4 5 6 retrieve] [--jobs emoji ldraw] [--seeds 1 2 3] [--arms …]
        [--full] [--table] [--domains] [--against ARM]

Every trial is a line of benchmarks/claims/record.jsonl as soon as it is done, with the base that it began with; a rerun
goes on from there. `--table` only prints what is known. Each number is sized to an hour on two cores, a process on
each, once its places are prepared; `--full` adds what was cut for it.
"""

import argparse
import multiprocessing
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path

from benchmarks.claims.grids import BENCHMARKS
from benchmarks.claims.measure import RECORD, measure_place
from benchmarks.claims.places import JOBS
from benchmarks.claims.tables import table, table_of_differences, table_of_domains
from benchmarks.claims.trial import Trial
from benchmarks.retrieval.results import Results


def commit_of(root: Path) -> str:
    """The commit that is checked out, with `-dirty` where a file of git's other than the record differs from it."""
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=root, text=True).strip()
    changed = ["git", "diff", "--quiet", "HEAD", "--", ".", f":!{RECORD}"]
    return commit if subprocess.run(changed, cwd=root).returncode == 0 else f"{commit}-dirty"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("numbers", nargs="*", default=list(BENCHMARKS), help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--arms", nargs="+", help="only these arms, and the base")
    parser.add_argument("--processes", type=int, default=2, help="places at once, a thread each (2)")
    parser.add_argument("--full", action="store_true", help="the arms too that do not fit into the hour")
    parser.add_argument("--table", action="store_true", help="only print what is known")
    parser.add_argument("--domains", action="store_true", help="print each unseen domain too, seed by seed")
    parser.add_argument("--against", metavar="ARM", help="print every figure's paired difference from this arm too")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    results = Results(root / RECORD)
    commit = commit_of(root)
    for number in options.numbers:
        benchmark = BENCHMARKS[number]
        bases = [
            Trial(job, seed, "base", rows="none")
            for job in benchmark.jobs
            if job in options.jobs
            for seed in options.seeds
        ]
        cut = () if options.full or options.table else benchmark.more
        asked = [
            each
            for each in benchmark.trials(options.jobs, options.seeds)
            if (each.arm in options.arms if options.arms else each.arm not in cut)
        ]
        trials = sorted([*bases, *asked], key=lambda one: (one.job, one.seed))
        if not options.table:
            os.environ["OMP_NUM_THREADS"] = "1"  # for the processes begun below
            places = [list(group) for _, group in groupby(trials, key=lambda one: (one.job, one.seed))]
            with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
                for done in [pool.submit(measure_place, root, number, place, commit) for place in places]:
                    done.result()
        print(f"\n{number}. {benchmark.title}\n\n{table(benchmark, trials, results)}\n", flush=True)
        if options.domains:
            print(f"{table_of_domains(trials, results)}\n", flush=True)
        if options.against:
            if options.against not in {trial.arm for trial in trials}:
                parser.error(f"--against: {number} has no arm `{options.against}`, or --arms leaves it out")
            print(f"{table_of_differences(benchmark, trials, results, options.against)}\n", flush=True)


if __name__ == "__main__":
    main()

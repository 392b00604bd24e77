"""What calibration is worth when captions are silent: the selection, without training, on the prepared places.

    python -m benchmarks.claims.silence [--jobs emoji ldraw] [--seeds 1 2 3] [--silent 0 0.5 0.8 0.95]

A share of the captions, drawn at random, says nothing to the words; the vectors are those of the whole captions.
Printed are the mean over the seeds, and of each figure the largest minus the smallest.
"""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.claims.places import JOBS, prepare
from benchmarks.claims.retrieved import retrieved, worth
from benchmarks.claims.trial import Trial, sections
from components.corpus import read_manifest
from components.task import read_task

SILENCE = "."
FIGURES = ("selected", "labels_with_hits", "pseudo_label_precision", "pseudo_label_mean_label_coverage")


def figures(root: Path, jobs: Sequence[str], seeds: Sequence[int], silent: Sequence[float]) -> Iterator[dict]:
    """A row for each job, share, choice and seed."""
    for job, seed in itertools.product(jobs, seeds):
        folder = prepare(root, job, seed)
        accepted = read_manifest(folder / "data/validate/accepted.parquet", learning=True)
        task = read_task(folder / "data/retrieve/labels.json")
        for share, calibrated in itertools.product(silent, (False, True)):
            change = f"retrieve.calibrated={str(calibrated).lower()}"
            params = sections(root, Trial(job, seed, "silence", (change,)))[2]
            heard_N = np.random.default_rng(seed).random(len(accepted)) >= share
            told = accepted.assign(caption=accepted["caption"].where(heard_N, SILENCE))
            found = worth(retrieved(folder, told, task, params), folder, task)
            yield {"job": job, "silent": share, "calibrated": calibrated, "seed": seed} | {k: found[k] for k in FIGURES}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims.silence", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--silent", nargs="+", type=float, default=[0, 0.5, 0.8, 0.95])
    options = parser.parse_args()
    table = pd.DataFrame(figures(Path.cwd(), options.jobs, options.seeds, options.silent))
    grouped = table.groupby(["job", "silent", "calibrated"])[list(FIGURES)]
    print(grouped.mean().round(1).to_string(), "\n\nlargest minus smallest\n")
    print((grouped.max() - grouped.min()).round(1).to_string())


if __name__ == "__main__":
    main()

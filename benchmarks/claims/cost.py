"""What the ideas cost: seconds of a training step with each, beside plain CLIP's, step for step in one run.

    python -m benchmarks.claims.cost [--batch 256] [--steps 40] [--threads 2] [--device cpu] [--precision fp32]

Every arm is a student of its own on the same pairs; the arms take turns, another one first in each, so that what else
the machine does meets all alike. Printed is the median over the turns of an arm's step over plain CLIP's in the same
turn, and the 95 % interval of that median by its order statistics.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from scipy.stats import binom

from benchmarks.claims.grids import BANK, COMPOSED, CUAXU, PLAIN_CLIP
from benchmarks.claims.rows import rows_of
from benchmarks.claims.trial import Trial, lessons_of, opened, sections
from components import clip as clips
from components.machine import placed, used
from components.train.learn import Student

WARM = 3
"""Turns that do not count: the first steps allocate."""
SOFT = ("train.soft_target=1",)
ARMS: dict[str, tuple[str, ...]] = {
    "plain CLIP": (),
    "uniformity, alignment, cross-uniformity": CUAXU,
    "composition of a fifth": (COMPOSED,),
    "all four uniformity terms": (*CUAXU, "train.terms.centroid_uniformity=1"),
    "both together": (*CUAXU, COMPOSED),
    "soft target with a frozen teacher": SOFT,
    "bank of 2,048": (*BANK, "train.bank.warmup_steps=0", "train.bank.most_batch_pairs=100000"),
}


def stepper(root: Path, job: str, changes: Sequence[str], machine: Sequence[str]) -> Callable[[], float]:
    """A student of its own; each call takes one step and answers with its seconds, the batch's drawing included."""
    trial = Trial(job, 1, "cost", (*PLAIN_CLIP, *changes, *machine, "train.optimiser.steps=1000000"), rows="pairs")
    place = opened(root, job, 1)
    train, compose, retrieve = sections(root, trial)
    base = placed(clips.load(place.folder / "data/pretrain"), train.machine)
    rows = rows_of(trial, place.folder, place.accepted, place.task, retrieve)
    reports = Student(base, lessons_of(place, rows, train, compose), train).fit()

    def step() -> float:
        begun = time.perf_counter()
        next(reports)
        if train.machine.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - begun

    return step


def rotated(names: list[str], turn: int) -> list[str]:
    """The same names, another one first each turn."""
    first = turn % len(names)
    return names[first:] + names[:first]


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The two values between which the median lies in at least 95 % of samples, whatever its distribution.

    The whole range where six values or more are not there to tell.
    """
    ordered = sorted(values)
    outside = int(binom.ppf(0.025, len(ordered), 0.5)) - 1
    outside = max(outside, 0)
    return ordered[outside], ordered[len(ordered) - 1 - outside]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims.cost", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--job", default="ldraw")
    parser.add_argument("--batch", type=int, default=256, help="pairs in a step")
    parser.add_argument("--steps", type=int, default=40, help="turns that count; three more come first")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    options = parser.parse_args(arguments)
    machine = [f"train.machine.{name}={getattr(options, name)}" for name in ("threads", "device", "precision")]
    machine.append(f"train.optimiser.batch_pairs={options.batch}")
    train, *_ = sections(Path.cwd(), Trial(options.job, 1, "cost", tuple(machine)))
    with used(train.machine):
        steppers = {name: stepper(Path.cwd(), options.job, changes, machine) for name, changes in ARMS.items()}
        turns = [{name: steppers[name]() for name in rotated(list(ARMS), turn)} for turn in range(WARM + options.steps)]
    turns = turns[WARM:]
    plain = [turn["plain CLIP"] for turn in turns]
    print("| arm | ms a step, median | over plain CLIP | 95 % interval |\n|---|---|---|---|")
    for name in ARMS:
        ratios = [turn[name] / base for turn, base in zip(turns, plain, strict=True)]
        low, high = median_interval(ratios)
        seconds = statistics.median(turn[name] for turn in turns)
        print(f"| {name} | {1000 * seconds:.0f} | {statistics.median(ratios):.3f} | {low:.3f} to {high:.3f} |")


if __name__ == "__main__":
    main()

"""What the ideas cost: seconds of a training step with each, beside plain CLIP's, step for step in one run.

    python -m benchmarks.claims.cost [--batch 256] [--steps 20] [--threads 2] [--device cpu] [--precision fp32]

Every arm is a student of its own on the same pairs; the arms take turns, so that what else the machine does meets all
alike. Printed is the median over the turns of an arm's step over plain CLIP's in the same turn.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from benchmarks.claims.grids import BANK, CUAXU, PLAIN_CLIP
from benchmarks.claims.rows import rows_of
from benchmarks.claims.trial import Trial, lessons_of, opened, sections
from components import clip as clips
from components.machine import placed, used
from components.train.learn import Student

COMPOSED = ("compose.rate=0.2",)
SOFT = ("train.soft_target=1",)
ARMS: dict[str, tuple[str, ...]] = {
    "plain CLIP": (),
    "uniformity, alignment, cross-uniformity": CUAXU,
    "composition of a fifth": COMPOSED,
    "both together": (*CUAXU, *COMPOSED),
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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims.cost", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--job", default="ldraw")
    parser.add_argument("--batch", type=int, default=256, help="pairs in a step")
    parser.add_argument("--steps", type=int, default=20, help="turns that count; three more come first")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    options = parser.parse_args(arguments)
    machine = [f"train.machine.{name}={getattr(options, name)}" for name in ("threads", "device", "precision")]
    machine.append(f"train.optimiser.batch_pairs={options.batch}")
    train, *_ = sections(Path.cwd(), Trial(options.job, 1, "cost", tuple(machine)))
    with used(train.machine):
        steppers = {name: stepper(Path.cwd(), options.job, changes, machine) for name, changes in ARMS.items()}
        turns = [{name: step() for name, step in steppers.items()} for _ in range(options.steps + 3)][3:]
    plain = [turn["plain CLIP"] for turn in turns]
    print("| arm | ms a step, median | over plain CLIP | middle half |\n|---|---|---|---|")
    for name in ARMS:
        ratios = [turn[name] / base for turn, base in zip(turns, plain, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        seconds = statistics.median(turn[name] for turn in turns)
        print(f"| {name} | {1000 * seconds:.0f} | {middle:.3f} | {low:.3f} to {high:.3f} |")


if __name__ == "__main__":
    main()

"""What each choice of `retrieve` is worth to the student: one factor at a time from the default, over seeds.

    python -m benchmarks.retrieval.downstream [--seeds 1 2 3] [--choices default vector …] [default ldraw emoji]

Each run recomputes the chain up to `evaluate` in a clone of HEAD; DVC computes once what two runs share, the base
above all. Every run is a line of --record as soon as it is done, and a rerun of the same commit goes on from there.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.overlays import SEEDED, THREADED, apply, repro_evaluate, scores
from flows import settings

CHOICES: dict[str, list[str]] = {
    "default": [],
    "vector": ["retrieve.words_weight=0", "retrieve.least_confidence=0"],
    "words": ["retrieve.image_weight=0", "retrieve.caption_weight=0"],
    "every confidence": ["retrieve.least_confidence=0"],
    "no descriptors": ["retrieve.augmentation.choice=none"],
    "random descriptors": ["retrieve.augmentation.choice=random"],
    "adaptive descriptors": ["retrieve.augmentation.choice=adaptive"],
    "top": ["retrieve.selection.choice=top"],
    "clustered": ["retrieve.selection.choice=clustered"],
}
"""Named changes of one factor each; what the default already is costs nothing twice."""
RECORD = Path(".kakehashi/benchmarks/downstream.jsonl")


def runs(root: Path, tasks: list[str], choices: list[str], seeds: list[int], threads: int) -> Iterator[dict]:
    """One run after the other: task, choice, seed and its figures."""
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=root, text=True).strip()
    done = {(line["commit"], line["task"], line["choice"], line["seed"]): line for line in read(root / RECORD)}
    for task in tasks:
        with tempfile.TemporaryDirectory(prefix="kakehashi-downstream-") as folder:
            place = Path(folder) / "project"
            for seed in seeds:
                for choice in choices:
                    key = (commit, task, choice, seed)
                    if key not in done:
                        done[key] = {
                            **dict(zip(("commit", "task", "choice", "seed"), key, strict=True)),
                            **one_run(root, place, task, choice, seed, threads),
                        }
                        append(root / RECORD, done[key])
                    yield done[key]


def one_run(root: Path, place: Path, task: str, choice: str, seed: int, threads: int) -> dict[str, float]:
    """The figures of one run in the clone `place`, which is made if it is not there yet."""
    if not place.exists():
        subprocess.run(["git", "clone", "--quiet", str(root), str(place)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "params.yaml"], cwd=place, check=True)
    changes = [] if task == "default" else [settings.overlay(place / "examples" / f"{task}.yaml")]
    words = [f"{field}={threads}" for field in THREADED] + [f"{field}={seed}" for field in SEEDED] + CHOICES[choice]
    apply(place, [*changes, settings.assignments(words)])
    figures = repro_evaluate(root, place)
    worth = figures["pseudo_labels"]
    domains = {domain: scores(row) for domain, row in figures["domains"].items()}
    return {
        "pseudo_label_precision": 100 * worth["precision"],
        "mean_label_precision": 100 * worth["mean_label_precision"],
        "mean_label_coverage": 100 * worth["mean_label_coverage"],
        "judged_images": worth["judged_images"],
        "base": mean_of(domains, "base_accuracy"),
        "student": mean_of(domains, "student_accuracy"),
        "base_balanced": mean_of(domains, "base_balanced_accuracy"),
        "student_balanced": mean_of(domains, "student_balanced_accuracy"),
        "domain_gains_balanced": {
            domain: row["student_balanced_accuracy"] - row["base_balanced_accuracy"] for domain, row in domains.items()
        },
    }


def mean_of(domains: dict[str, dict[str, float]], name: str) -> float:
    return sum(row[name] for row in domains.values()) / len(domains)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds, the class-balanced gain with its spread, and how often a choice beat the default."""
    table = table.assign(gain_balanced=table["student_balanced"] - table["base_balanced"])
    default = table[table["choice"] == "default"].set_index(["task", "seed"])["student_balanced"]
    at_default = pd.MultiIndex.from_frame(table[["task", "seed"]])
    table["over_default"] = table["student_balanced"] - default.reindex(at_default).to_numpy()
    groups = table.groupby(["task", "choice"], sort=False)
    shown = ["pseudo_label_precision", "mean_label_coverage", "judged_images", "base_balanced", "student_balanced"]
    means = groups[[*shown, "gain_balanced", "over_default"]].mean()
    spread = groups["gain_balanced"].agg(lambda gains: gains.max() - gains.min())
    return means.assign(gain_spread=spread, seeds=groups.size()).round(1)


def read(record: Path) -> list[dict]:
    if not record.is_file():
        return []
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def append(record: Path, line: dict) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=["default", "ldraw", "emoji"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--choices", nargs="+", choices=list(CHOICES), default=list(CHOICES))
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of every stage")
    options = parser.parse_args()
    done = []
    for run in runs(Path.cwd(), options.tasks, options.choices, options.seeds, options.threads):
        done.append(run)
        print(json.dumps(run), flush=True)
    print(summary(pd.DataFrame(done)).to_string())


if __name__ == "__main__":
    main()

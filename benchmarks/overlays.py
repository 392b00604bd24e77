"""Base and student on every unseen domain, over seeds: the embedded default and the overlays on real data.

    python -m benchmarks.overlays [--seeds 1 2 3] [--threads 2] [default emoji ldraw clothing]

Each run recomputes the chain up to `evaluate` in a clone of HEAD; what does not depend on the seed is computed once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from flows import environment, settings
from flows.form import section_models

SEEDED = (
    "pretrain.machine.seed",
    "index.seed",
    "retrieve.seed",
    "compose.seed",
    "train.machine.seed",
    "align.seed",
    "evaluate.seed",
)
THREADED = (
    "pretrain.machine.threads",
    "embed.threads",
    "index.threads",
    "retrieve.threads",
    "train.machine.threads",
    "align.threads",
    "evaluate.threads",
)
MODELS = ("base", "student")


def measure(root: Path, name: str, seeds: list[int], threads: int) -> pd.DataFrame:
    """A row for each seed and domain: plain and class-balanced accuracy of both models, in percent."""
    with tempfile.TemporaryDirectory(prefix="kakehashi-overlay-") as folder:
        place = Path(folder) / "project"
        subprocess.run(["git", "clone", "--quiet", str(root), str(place)], check=True)
        if name != "default":
            apply(place, [settings.overlay(place / "examples" / f"{name}.yaml")])
        apply(place, [settings.assignments([f"{field}={threads}" for field in THREADED])])
        return pd.concat([one_run(root, place, name, seed) for seed in seeds], ignore_index=True)


def one_run(root: Path, place: Path, name: str, seed: int) -> pd.DataFrame:
    """The figures of one seed."""
    apply(place, [settings.assignments([f"{field}={seed}" for field in SEEDED])])
    figures = repro_evaluate(root, place)
    rows = [{"task": name, "seed": seed, "domain": domain, **scores(row)} for domain, row in figures["domains"].items()]
    mean = {f"{model}_{kind}": figures[model][f"mean_{kind}"] for model in MODELS for kind in KINDS}
    return pd.DataFrame([*rows, {"task": name, "seed": seed, "domain": "mean", **scores(mean)}])


def repro_evaluate(root: Path, place: Path) -> dict[str, Any]:
    """What `evaluate` says after the chain up to it was brought up to date in `place`.

    Raises:
        CalledProcessError: a stage failed; its own words stand on standard error.
    """
    command = [str(environment.tool("dvc")), "repro", "evaluate"]
    subprocess.run(command, cwd=place, env=environment.child_environment(root), stdout=sys.stderr, check=True)
    return dict(json.loads((place / "data/metrics/evaluate.json").read_text(encoding="utf-8")))


KINDS = ("accuracy", "balanced_accuracy")


def scores(row: dict[str, float]) -> dict[str, float]:
    """Accuracies in percent."""
    return {f"{model}_{kind}": 100 * row[f"{model}_{kind}"] for model in MODELS for kind in KINDS}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over the seeds, and the gain's mean and spread (largest minus smallest)."""
    table = table.assign(gain_points=table["student_accuracy"] - table["base_accuracy"])
    table["gain_balanced_points"] = table["student_balanced_accuracy"] - table["base_balanced_accuracy"]
    groups = table.drop(columns="seed").groupby(["task", "domain"], sort=False)
    spread = groups["gain_points"].agg(lambda gains: gains.max() - gains.min())
    return groups.mean().assign(gain_spread_points=spread).round(1)


def apply(place: Path, changes: list[settings.Change]) -> None:
    settings.change_settings(place / "params.yaml", changes, section_models())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=["default", "emoji", "ldraw", "clothing"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of every stage")
    options = parser.parse_args()
    for name in options.tasks:
        table = measure(Path.cwd(), name, options.seeds, options.threads)
        print(table.round(1).to_string(index=False), summary(table).to_string(), "", sep="\n\n", flush=True)


if __name__ == "__main__":
    main()

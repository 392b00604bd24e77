"""Rows that teach in a trial: retrieved, all pairs, or the true classes; with faults planted at known rates."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.claims.retrieved import retrieved
from components.retrieve.params import RetrieveParams
from components.task import Task

if TYPE_CHECKING:
    from benchmarks.claims.trial import Trial


def rows_of(trial: "Trial", place: Path, accepted: pd.DataFrame, task: Task, retrieve: RetrieveParams) -> pd.DataFrame:
    """The rows of a trial as `retrieve` would have written them: the manifest's columns, `label` and `row`."""
    draw = np.random.default_rng(trial.seed)
    if trial.rows == "retrieved":
        rows = retrieved(place, accepted, task, retrieve)
    elif trial.rows == "pairs":  # a name stands in the label's place; no term of such a trial may read it
        rows = accepted.assign(label=task.names[0], row=np.arange(len(accepted)))
    else:
        selection = pd.read_parquet(place / "data/retrieve/selection.parquet")
        most = int(selection["label"].value_counts().max())
        rows = of_true_classes(accepted, pd.read_parquet(place / "data/collect/truth.parquet"), task, most, draw)
    if trial.share < 1:
        kept = np.sort(draw.permutation(len(rows))[: round(trial.share * len(rows))])
        rows = rows.iloc[kept]
    rows = rows.reset_index(drop=True)
    if trial.precision < 1:
        rows = rows.assign(label=mislabelled(rows["label"].to_numpy(), task.names, trial.precision, draw))
    if trial.mispaired > 0:
        rows = rows.assign(caption=mispaired(rows["caption"].to_numpy(), trial.mispaired, draw))
    return rows


def of_true_classes(
    accepted: pd.DataFrame, truth: pd.DataFrame, task: Task, most: int, draw: np.random.Generator
) -> pd.DataFrame:
    """Up to `most` accepted rows of each class of the task, drawn at random, in the manifest's order."""
    names = {name.casefold(): name for name in task.names}
    label = accepted["id"].map(truth.set_index("id")["label"].str.casefold()).map(names)
    rows = accepted.assign(label=label, row=np.arange(len(accepted)))[label.notna()]
    shuffled = rows.iloc[draw.permutation(len(rows))]
    return shuffled.groupby("label", sort=False).head(most).sort_values("row")


def mislabelled(label_N: np.ndarray, names: list[str], precision: float, draw: np.random.Generator) -> np.ndarray:
    """The labels with exactly a share of `precision` left as they are; the others become another name, evenly."""
    wrong = draw.permutation(len(label_N))[round(precision * len(label_N)) :]
    changed = label_N.copy()
    number = {name: place for place, name in enumerate(names)}
    step = draw.integers(1, len(names), size=len(wrong))
    changed[wrong] = [names[(number[label_N[row]] + by) % len(names)] for row, by in zip(wrong, step, strict=True)]
    return changed


def mispaired(caption_N: np.ndarray, share: float, draw: np.random.Generator) -> np.ndarray:
    """The captions with a share of them passed on in a circle, so that each of these rows has another's."""
    circle = draw.permutation(len(caption_N))[: round(share * len(caption_N))]
    changed = caption_N.copy()
    changed[circle] = caption_N[np.roll(circle, 1)]
    return changed

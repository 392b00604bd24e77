"""What the student learns from, and which part of it is held out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from components.pairs import Composition
from components.task import Task


@dataclass(frozen=True)
class Lessons:
    """The selection's rows in order, with their pixels uint8 [N, 3, H, W], the plan, and who is taught."""

    pixels: np.ndarray
    selection: pd.DataFrame
    task: Task
    composition: Composition
    taught_N: Tensor
    """Rows that the student learns from."""
    held_out_N: Tensor
    """The other rows: they judge the student and never teach it, not even as a partner of a composition."""

    def labels(self) -> Tensor:
        """The number of each row's pseudo-label among the task's names, [N]."""
        numbers = {name: number for number, name in enumerate(self.task.names)}
        return torch.tensor([numbers[label] for label in self.selection["label"]])


def known_to_base(selection: pd.DataFrame, provenance: Mapping[str, Any]) -> np.ndarray:
    """True for rows of a source that the base was taught, as its `provenance` says; [N].

    Such a row cannot judge between base and student: the base has seen the very picture with its caption.
    """
    return selection["source"].isin(provenance.get("sources", [])).to_numpy()


def split(labels: pd.Series, known_N: np.ndarray, share: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Row numbers to teach and to hold out, each ascending: `share` of every label's rows, at random.

    Only rows that the base does not know (`known_N` false) are held out, so a label may have fewer to give, or none.
    Of a label with two rows or more that has one to give, at least one is held out; a single row is taught.

    Raises:
        ValueError: nothing would be left to teach a label, or no label has a row to give.
    """
    held_out_N = torch.zeros(len(labels), dtype=torch.bool)
    if share == 0:
        return torch.arange(len(labels)), torch.arange(0)
    for label in sorted(labels.unique()):
        mine_N = (labels == label).to_numpy()
        rows, count = torch.from_numpy(np.flatnonzero(mine_N & ~known_N)), int(mine_N.sum())
        spared = max(1, round(share * count)) if count > 1 else 0
        if spared == count:
            raise ValueError(
                f"params.yaml: train.held_out is {share}, which leaves the label `{label}` none of its {count} "
                "images to learn from. Lower train.held_out, or raise retrieve.images_per_label."
            )
        held_out_N[rows[torch.randperm(len(rows), generator=generator)[:spared]]] = True
    if not held_out_N.any():
        raise ValueError(
            f"params.yaml: train.held_out is {share}, but no label has two images of which the base does not know one. "
            "Leave a source out of pretrain.sources or widen the selection; or set train.held_out (and train.patience) "
            "to 0 and train.interpolation.choice to none or fixed."
        )
    return (~held_out_N).nonzero().flatten(), held_out_N.nonzero().flatten()

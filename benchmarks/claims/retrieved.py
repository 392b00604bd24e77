"""A place's selection, chosen anew under a trial's own settings of `retrieve`."""

from pathlib import Path

import pandas as pd

from components import clip as clips
from components.evaluate.pseudo_labels import pseudo_label_figures
from components.retrieve.__main__ import evaluation_of, opened, with_records
from components.retrieve.params import RetrieveParams
from components.retrieve.selection import select
from components.task import Task

NO_REVIEW = Path("data/review.csv")
"""The committed one, a header alone: nobody looked at the selections that are compared."""


def retrieved(place: Path, accepted: pd.DataFrame, task: Task, params: RetrieveParams) -> pd.DataFrame:
    """What the stage would have written to selection.parquet; a label without an image is left without one.

    Raises:
        ValueError: nothing at all was found.
    """
    model = place / "data/pretrain"
    corpus = opened(accepted, place / "data/embed", place / "data/index", clips.sha256(model), params)
    seen = evaluation_of(place / "data/validate/evaluation.parquet", place / "data/embed")
    encode = clips.load(model).encode_texts
    selected = select(accepted, task, encode, corpus, seen, place / NO_REVIEW, params)
    if selected.chosen.empty:
        raise ValueError(f"{place}: nothing was found under these settings of retrieve.")
    return with_records(selected.chosen, accepted, task)


def worth(selection: pd.DataFrame, place: Path, task: Task) -> dict[str, float]:
    """How many images, and in percent how many of their labels are right and how much of each class was found."""
    figures = pseudo_label_figures(selection, pd.read_parquet(place / "data/collect/truth.parquet"), task.names)
    shares = ("precision", "mean_label_precision", "mean_label_coverage")
    percent = {f"pseudo_label_{name}": 100 * float(str(figures[name])) for name in shares if name in figures}
    return {"selected": len(selection), "labels_with_hits": selection["label"].nunique(), **percent}

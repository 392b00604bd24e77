"""What the pseudo-labels of each choice of `retrieve` are worth, without training: seconds a choice.

    python -m benchmarks.retrieval.precision [--set retrieve.words_weight=3 …]

Reads data/ of the checkout it stands in, up to `index`, and the true labels that `collect` kept apart. Each --set is a
row of the table: one or more changes, joined by blanks. Without any, the rows are those of
`python -m benchmarks.claims retrieve`, which trains on them too.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import torch

from benchmarks.claims.grids import CHOICES_OF_RETRIEVE
from benchmarks.claims.retrieved import retrieved
from components.corpus import read_manifest
from components.evaluate.pseudo_labels import pseudo_label_figures
from components.params import load_section
from components.retrieve.params import RetrieveParams
from components.task import Task, parse_labels
from flows import settings
from flows.form import section_models


def measure(root: Path, choices: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A row for each choice: selected images, precision over images and over labels, coverage, share of each source."""
    return pd.DataFrame([{"choice": name, **one_choice(root, changes)} for name, changes in choices.items()])


def one_choice(root: Path, changes: Sequence[str]) -> dict[str, object]:
    """The selection that `retrieve` would make with these settings, and what it is worth."""
    params = changed(root, changes)
    torch.set_num_threads(params.threads)
    faiss.omp_set_num_threads(params.threads)
    records = read_manifest(root / "data/validate/accepted.parquet", learning=True)
    task = Task(parse_labels(params.labels), tuple(params.templates))
    selection = retrieved(root, records, task, params)
    worth = pseudo_label_figures(selection, pd.read_parquet(root / "data/collect/truth.parquet"), task.names)
    shares = {f"from_{name}": share for name, share in selection["source"].value_counts(normalize=True).items()}
    figures = {name: value for name, value in worth.items() if name != "labels"}
    return {
        "selected": len(selection),
        "labels": selection["label"].nunique(),
        **figures,
        **dict(sorted(shares.items())),
    }


def changed(root: Path, changes: Sequence[str]) -> RetrieveParams:
    """`retrieve` in params.yaml with some values changed, the file itself left alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "params.yaml"
        file.write_bytes((root / "params.yaml").read_bytes())
        if changes:
            settings.change_settings(file, [settings.assignments(changes)], section_models())
        return load_section("retrieve", RetrieveParams, file)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", action="append", default=[], help="changes of one row, joined by blanks")
    asked = {words: words.split() for words in parser.parse_args().set}
    table = measure(Path.cwd(), asked or CHOICES_OF_RETRIEVE)
    print(table.round(3).to_string(index=False, na_rep=str(np.nan)))


if __name__ == "__main__":
    main()

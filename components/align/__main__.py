"""Stage `align`: a common space for document search, from vectors whose pairing is never used.

Reads   <retrieve>/{selection.parquet,labels.json}   pseudo-labels
        <vectors>/corpus_{image,text}.npy            the base model's frozen vectors
Writes  <out>/{image,text,prior}.safetensors         projectors and prior of DRCL
        <metrics>                                    quality of each modality's prior, the chosen one
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from components import common_space
from components.align.learn import choose_prior, learn_projector, split
from components.align.params import AlignParams
from components.embedder import seeded
from components.outputs import whole_folder, write_json
from components.params import load_section
from components.progress import progress
from components.stage import run
from components.task import read_task


def main(retrieve: Path, vectors: Path, out: Path, metrics: Path) -> None:
    params = load_section("align", AlignParams)
    torch.set_num_threads(params.threads)
    selection = pd.read_parquet(retrieve / "selection.parquet", columns=["row", "label", "caption"])
    names = read_task(retrieve / "labels.json").names
    numbers = {name: number for number, name in enumerate(names)}
    label_N = torch.tensor([numbers[label] for label in selection["label"]])
    modalities = {}
    for stream, name in enumerate(common_space.MODALITIES):
        vector_ND = torch.from_numpy(np.load(vectors / f"corpus_{name}.npy", mmap_mode="r")[selection["row"]])
        (generator,) = seeded(params.seed, 2 + stream)
        modalities[name] = split(vector_ND, label_N, len(names), params.held_out, generator)
    prior_LC, chosen, quality = choose_prior(modalities, params)
    projectors = {
        name: learn_projector(data, prior_LC, stream, params)
        for stream, (name, data) in enumerate(progress(modalities.items(), what="align", total=len(modalities)))
    }
    with whole_folder(out) as folder:
        common_space.save(projectors, prior_LC, folder)
    figures = {f"{name}_prior_held_out_belief": value for name, value in quality.items()}
    write_json({"vectors": len(selection), "prior_from": chosen, **figures}, metrics)


if __name__ == "__main__":
    run(main)

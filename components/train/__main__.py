"""Stage `train`: the student.

Reads   <corpus>/*.tar, <model>/, <retrieve>/{selection.parquet,labels.json}, <compose>/plan.*, meets.npy
Writes  <out>/open_clip_config.json, open_clip_model.safetensors   the student, in open_clip's layout
        <out>/curve.csv                                            step, learning_rate and each weighted term
        <out>/provenance.json                                      what it learned from
        <metrics>                                                  steps, last losses
"""

from pathlib import Path

import pandas as pd
import torch

from components import clip as clips
from components.corpus import read_images
from components.meetings import read_composition
from components.outputs import whole_folder, write_json
from components.params import load_section
from components.pixels import pixel_table
from components.progress import progress
from components.stage import run
from components.train.learn import Lessons, Student
from components.train.params import TrainParams
from components.zeroshot import read_task


def main(corpus: Path, model: Path, retrieve: Path, compose: Path, out: Path, metrics: Path) -> None:
    params = load_section("train", TrainParams)
    torch.set_num_threads(params.machine.threads)
    base = clips.load(model, params.machine.device)
    selection = pd.read_parquet(retrieve / "selection.parquet")
    pixels = pixel_table(read_images(corpus, selection), len(selection), base)
    lessons = Lessons(pixels, selection, read_task(retrieve / "labels.json"), read_composition(compose))
    with torch.random.fork_rng():
        torch.manual_seed(params.machine.seed)
        student = Student(base, lessons, params)
        curve = pd.DataFrame(
            {"step": report.step, "learning_rate": report.learning_rate, **report.terms}
            for report in progress(student.fit(), what="train", total=params.optimiser.steps, unit="steps")
        )
    counts = {"images": len(selection), "labels": int(selection["label"].nunique()), "steps": len(curve)}
    provenance = {
        "base_sha256": clips.sha256(model),
        **counts,
        "licences": {name: int(count) for name, count in sorted(selection["licence"].value_counts().items())},
        "sources": {name: int(count) for name, count in sorted(selection["source"].value_counts().items())},
    }
    with whole_folder(out) as folder:
        clips.save(student.average.averaged(), folder)
        curve.to_csv(folder / "curve.csv", index=False, float_format="%.6f", lineterminator="\n")
        write_json(provenance, folder / "provenance.json")
    last = curve.tail(20).mean().drop(["step", "learning_rate"])
    write_json({**counts, **{f"last_{name}": value for name, value in last.items()}}, metrics)


if __name__ == "__main__":
    run(main)

"""Stage `train`: the student.

Reads   <corpus>/*.tar, <model>/, <retrieve>/{selection.parquet,labels.json}, <compose>/plan.*, meets.npy
Writes  <out>/open_clip_config.json, open_clip_model.safetensors   the student, in open_clip's layout
        <out>/curve.csv                                            step, learning_rate, each weighted term, the checks
        <out>/interpolation.csv                                    student_share, held_out_agreement
        <out>/provenance.json                                      what it learned from
        <metrics>                                                  steps, last losses, held-out figures
Keeps   <out>/../.train.checkpoint                                 while it runs: a killed training goes on from there

Several processes share the work of each step (`components/gathered.py`):
    torchrun --nproc-per-node 2 -m components.train <the same paths>
"""

from pathlib import Path

import pandas as pd

from components import clip as clips
from components.checkpoint import Checkpoints, fingerprint
from components.corpus import read_images
from components.embedder import seeded
from components.gathered import is_first, processes
from components.machine import placed, used
from components.meetings import read_composition
from components.outputs import read_json, whole_folder, write_json
from components.params import load_section
from components.pixels import pixel_table
from components.progress import progress
from components.stage import run
from components.task import read_task
from components.train.checks import note_unjudged
from components.train.held_out import FIGURE
from components.train.learn import Kept, Student
from components.train.lessons import Lessons, known_to_base, split
from components.train.params import TrainParams


def main(corpus: Path, model: Path, retrieve: Path, compose: Path, out: Path, metrics: Path) -> None:
    params = load_section("train", TrainParams)
    with used(params.machine) as chance:
        base = placed(clips.load(model), params.machine)
        selection = pd.read_parquet(retrieve / "selection.parquet")
        known_N = known_to_base(selection, read_json(model / "provenance.json"))
        taught_N, held_out_N = split(selection["label"], known_N, params.held_out, *seeded(params.machine.seed, 4))
        note_unjudged(selection["label"], known_N, held_out_N)
        pixels = pixel_table(read_images(corpus, selection), len(selection), base)
        task, composition = read_task(retrieve / "labels.json"), read_composition(compose)
        student = Student(base, Lessons(pixels, selection, task, composition, taught_N, held_out_N), params)
        files = [model / clips.CONFIG, model / clips.WEIGHTS, retrieve / "selection.parquet", retrieve / "labels.json"]
        files += sorted(compose.glob("plan.*")) + sorted(compose.glob("*.npy"))
        name = fingerprint(params, files, Path(__file__).parent, processes=processes())
        checkpoints = Checkpoints(out, name, params.optimiser.checkpoint_every)
        rows = checkpoints.resumed({**student.parts, **chance}, (report.row() for report in student.fit()))
        curve = pd.DataFrame(progress(rows, what="train", total=params.optimiser.steps, unit="steps"))
        kept = student.kept()
        if not is_first():
            return
        counts = {
            "images": len(selection),
            "held_out_images": len(held_out_N),
            "labels": int(selection["label"].nunique()),
            "steps": len(curve),
        }
        provenance = {
            "base_sha256": clips.sha256(model),
            **counts,
            "student_share": kept.student_share,
            "licences": {name: int(count) for name, count in sorted(selection["licence"].value_counts().items())},
            "sources": {name: int(count) for name, count in sorted(selection["source"].value_counts().items())},
        }
        with whole_folder(out) as folder:
            clips.save(kept.clip, folder)
            write_csv(curve, folder / "curve.csv")
            if kept.interpolation is not None:
                write_csv(kept.interpolation, folder / "interpolation.csv")
            write_json(provenance, folder / "provenance.json")
        judging = {"held_out_labels": int(selection["label"].iloc[held_out_N.numpy()].nunique())}
        write_json({**counts, **judging, **held_out_figures(curve, kept), **last_terms(curve)}, metrics)
        checkpoints.remove()


def last_terms(curve: pd.DataFrame) -> dict[str, float]:
    """Each term's mean over the last 20 steps."""
    last = curve.tail(20).mean().drop(["step", "learning_rate", FIGURE], errors="ignore")
    return {f"last_{name}": value for name, value in last.items()}


def held_out_figures(curve: pd.DataFrame, kept: Kept) -> dict[str, object]:
    """The best check, and the whole way from the base to the student, by the student's share."""
    figures: dict[str, object] = {"student_share": kept.student_share}
    if FIGURE in curve:
        checks = curve.dropna(subset=[FIGURE])
        best = checks[FIGURE].to_numpy().argmax()
        figures |= {f"best_{FIGURE}": checks[FIGURE].iloc[best], "best_check_step": checks["step"].iloc[best]}
    if kept.interpolation is not None:
        shares = kept.interpolation.itertuples(index=False)
        figures["interpolation"] = {f"{FIGURE}_at_{100 * share:.0f}_percent": figure for share, figure in shares}
    return figures


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """Write a table with six decimals."""
    table.to_csv(file, index=False, float_format="%.6f", lineterminator="\n")


if __name__ == "__main__":
    run(main)

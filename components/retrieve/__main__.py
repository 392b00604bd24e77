"""Stage `retrieve`: pseudo-labelled corpus images for each label name.

Reads   <corpus>/*.tar, <accepted>      records and images
        <evaluation>                    evaluation.parquet, for its perceptual hashes alone
        <vectors>/*.npy, <index>/{image,text}/, <model>/
Writes  <out>/selection.parquet         the record, with label, row, rank, score, cosine, confidence, rivals
        <out>/labels.json               the task: names and templates
        <out>/sheet.png                 the best images of each label
        <metrics>                       counts, overall and for each label
"""

from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import torch
from PIL import Image

from components import clip as clips
from components.clip import Clip
from components.corpus import read_images, read_manifest
from components.fusion import Evidence, fuse
from components.outputs import whole_folder, write_json, write_table
from components.params import load_section
from components.progress import progress
from components.retrieve.guard import copies
from components.retrieve.params import RetrieveParams
from components.retrieve.select import pick, settle_conflicts
from components.sheet import contact_sheet
from components.stage import run
from components.vector_index import VectorIndex, open_index
from components.zeroshot import Label, Task, fill, parse_labels, task_values


def main(
    corpus: Path, accepted: Path, evaluation: Path, model: Path, vectors: Path, index: Path, out: Path, metrics: Path
) -> None:
    params = load_section("retrieve", RetrieveParams)
    torch.set_num_threads(params.threads)
    faiss.omp_set_num_threads(params.threads)
    records = read_manifest(accepted, learning=True)
    task = Task(parse_labels(params.labels), tuple(params.templates))
    made_with = clips.sha256(model)
    indexes = {side: open_index(index / side, model_sha256=made_with) for side in ("image", "text")}
    candidates = search_labels(clips.load(model), task, indexes, params)
    settled = settle_conflicts(candidates)
    copied = near_copies(settled, records, evaluation, vectors, params)
    chosen = pick(settled[~copied], least_cosine=params.least_cosine, images_per_label=params.images_per_label)
    selection = with_records(chosen, records, task)
    counts = selection["label"].value_counts().reindex(task.names, fill_value=0)
    missing = [name for name in task.names if counts[name] == 0]
    if missing:
        raise ValueError(
            f"params.yaml: retrieve.labels: nothing in the corpus was found for {', '.join(missing)}. Add another name "
            "(`name | other name`), lower retrieve.least_cosine, raise retrieve.neighbours, or widen collect.corpus."
        )
    with whole_folder(out) as folder:
        write_table(selection, folder / "selection.parquet")
        write_json(task_values(task), folder / "labels.json")
        draw_sheet(selection, corpus, params.sheet_images, task).save(folder / "sheet.png")
    figures = {
        "selected": len(selection),
        "labels_with_hits": int((counts > 0).sum()),
        "candidates": len(candidates),
        "conflicts": int((settled["rivals"] > 0).sum()),
        "evaluation_copies_left_out": int(copied.sum()),
        "below_least_cosine": int((settled["cosine"] < params.least_cosine).sum()),
        "mean_cosine": selection["cosine"].mean(),
        "mean_confidence": selection["confidence"].mean(),
        "sources": {name: int(count) for name, count in sorted(selection["source"].value_counts().items())},
        "labels": {name: int(count) for name, count in counts.items()},
    }
    write_json(figures, metrics)


def search_labels(clip: Clip, task: Task, indexes: dict[str, VectorIndex], params: RetrieveParams) -> pd.DataFrame:
    """Every label's fused candidates: label (its number), row, score, cosine."""
    weights = {"image": params.image_weight, "text": params.caption_weight}
    tables = []
    for number, label in enumerate(progress(task.labels, what="retrieve", total=len(task.labels), unit="labels")):
        prompt_PD = clip.encode_texts(prompts_of(label, task.templates))
        evidence = []
        for side, weight in weights.items():
            if weight > 0:
                neighbours = min(params.neighbours, indexes[side].vectors)
                cosine_PK, row_PK = indexes[side].search(prompt_PD, neighbours)
                evidence.append(Evidence(row_PK, cosine_PK, weight))
        if not evidence:
            raise ValueError("params.yaml: retrieve.image_weight and retrieve.caption_weight are both 0. Raise one.")
        tables.append(fuse(evidence).assign(label=number))
    return pd.concat(tables, ignore_index=True)


def prompts_of(label: Label, templates: tuple[str, ...]) -> list[str]:
    """Every name of a label in every template."""
    return [fill(template, name) for template in templates for name in label.names]


def near_copies(
    settled: pd.DataFrame, records: pd.DataFrame, evaluation: Path, vectors: Path, params: RetrieveParams
) -> np.ndarray:
    """Mask of the candidates that copy an evaluation image."""
    rows = settled["row"].to_numpy()
    return copies(
        np.load(vectors / "corpus_image.npy", mmap_mode="r")[rows],
        list(records["perceptual_hash"].to_numpy()[rows]),
        np.load(vectors / "evaluation_image.npy"),
        list(pd.read_parquet(evaluation, columns=["perceptual_hash"])["perceptual_hash"]),
        copy_cosine=params.copy_cosine,
        copy_bits=params.copy_bits,
    )


def with_records(chosen: pd.DataFrame, records: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The chosen rows with their whole provenance, and the label by name."""
    selection = records.iloc[chosen["row"]].reset_index(drop=True)
    names = np.array(task.names, dtype=object)
    return selection.assign(label=names[chosen["label"]], **{name: chosen[name] for name in PICKED})


PICKED = ["row", "rank", "score", "cosine", "confidence", "rivals"]


def draw_sheet(selection: pd.DataFrame, corpus: Path, images: int, task: Task) -> Image.Image:
    """The best images of each label, a row a label."""
    shown = selection[selection["rank"] <= images].sort_values(["shard", "offset"])
    pictures = dict(zip(shown["id"], read_images(corpus, shown), strict=True))
    by_label = {label: list(rows.sort_values("rank")["id"]) for label, rows in shown.groupby("label")}
    return contact_sheet([(name, [pictures[each] for each in by_label.get(name, [])]) for name in task.names])


if __name__ == "__main__":
    run(main)

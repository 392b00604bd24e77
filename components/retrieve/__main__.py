"""Stage `retrieve`: pseudo-labelled corpus images for each label name.

Reads   <corpus>/*.tar, <accepted>      records and images
        <evaluation>                    evaluation.parquet, for its perceptual hashes alone
        <vectors>/*.npy, <index>/, <model>/
        <review>                        review.csv: what a person accepted or rejected; its header alone decides nothing
Writes  <out>/selection.parquet         the record, its label, rank, score, agreement, confidence, cosine, query …
        <out>/dropped.parquet           every other candidate: label, id, reason
        <out>/labels.json               the task: names and templates
        <out>/descriptors.json          the descriptors that prompts were widened with
        <out>/sheet.png                 the best images of each label
        <out>/review.html, sheets/      the page on which a person decides, with a sheet for each label
        <metrics>                       counts, overall and for each label
"""

from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import torch
from PIL import Image

from components import clip as clips
from components import moments
from components.corpus import read_images, read_manifest
from components.lexical import LexicalIndex
from components.outputs import whole_folder, write_json, write_table
from components.params import load_section
from components.retrieve.evidence import Searchable
from components.retrieve.params import RetrieveParams
from components.retrieve.review_page import write_review
from components.retrieve.select import dropped_counts
from components.retrieve.selection import Evaluation, select
from components.sheet import contact_sheet
from components.stage import run
from components.task import Task, parse_labels, task_values
from components.vector_index import open_index


def main(
    corpus: Path,
    accepted: Path,
    evaluation: Path,
    model: Path,
    vectors: Path,
    index: Path,
    review: Path,
    out: Path,
    metrics: Path,
) -> None:
    params = load_section("retrieve", RetrieveParams)
    torch.set_num_threads(params.threads)
    faiss.omp_set_num_threads(params.threads)
    records = read_manifest(accepted, learning=True)
    task = Task(parse_labels(params.labels), tuple(params.templates))
    searchable = opened(records, vectors, index, clips.sha256(model), params)
    seen = evaluation_of(evaluation, vectors)
    selected = select(records, task, clips.load(model).encode_texts, searchable, seen, review, params)
    selection = with_records(selected.chosen, records, task)
    dropped = with_names(selected.dropped, records, task)
    counts = selection["label"].value_counts().reindex(task.names, fill_value=0)
    refuse_empty(counts, dropped, task)
    with whole_folder(out) as folder:
        write_table(selection, folder / "selection.parquet")
        write_table(dropped, folder / "dropped.parquet")
        write_json(task_values(task), folder / "labels.json")
        write_json(selected.descriptors, folder / "descriptors.json")
        pictures = pictures_of(selection, corpus, max(params.sheet_images, params.review_images))
        draw_sheet(selection, pictures, params.sheet_images, task).save(folder / "sheet.png")
        write_review(selection, pictures, folder, images_per_label=params.review_images)
    reasons = dropped_counts(dropped)
    figures = {
        "selected": len(selection),
        "labels_with_hits": int((counts > 0).sum()),
        "labels_below_least_confidence": int(below_floor(selection, params.least_confidence).sum()),
        "candidates": selected.candidates,
        "conflicts": selected.conflicts,
        "evaluation_copies_left_out": reasons.get("evaluation_copy", 0),
        "dropped": reasons,
        "places_left_empty_by_source_share": selected.empty_places,
        "accepted_by_review": int(selection["accepted"].sum()),
        "rejected_by_review": selected.rejected,
        "vector_trust": {
            kind: {"at_rank_1": trust.at_first, f"at_rank_{len(trust.fall_K)}": trust.at_first * trust.fall_K[-1]}
            for kind, trust in selected.trusts.items()
        },
        "mean_cosine": selection["cosine"].mean(),
        "mean_agreement": selection["agreement"].mean(),
        "mean_confidence": selection["confidence"].mean(),
        "sources": {name: int(count) for name, count in sorted(selection["source"].value_counts().items())},
        "labels": {name: int(count) for name, count in counts.items()},
    }
    write_json(figures, metrics)


def below_floor(selection: pd.DataFrame, least_confidence: float) -> pd.Series:
    """For each label, whether all that it has is one image whose confidence is below the floor."""
    unsure = (selection["confidence"] < least_confidence) & ~selection["accepted"]
    return unsure.groupby(selection["label"]).any()


def opened(records: pd.DataFrame, vectors: Path, index: Path, model_sha256: str, params: RetrieveParams) -> Searchable:
    """The corpus, ready to be asked; captions are read as words only where words have a weight."""
    words = None
    if params.words_weight > 0:
        words = LexicalIndex.build(list(records["caption"]), list(records["language"]))
    return Searchable(
        open_index(index / "image", model_sha256=model_sha256),
        open_index(index / "text", model_sha256=model_sha256),
        words,
        np.load(vectors / "corpus_image.npy", mmap_mode="r"),
        np.load(vectors / "corpus_text.npy", mmap_mode="r"),
        moments.load(vectors / "moments.npy"),
    )


def evaluation_of(evaluation: Path, vectors: Path) -> Evaluation:
    """What the guard may know of the evaluation images."""
    hashes = pd.read_parquet(evaluation, columns=["perceptual_hash"])["perceptual_hash"]
    return Evaluation(np.load(vectors / "evaluation_image.npy"), list(hashes))


def with_records(chosen: pd.DataFrame, records: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The chosen rows with their whole provenance, and the label by name."""
    selection = records.iloc[chosen["row"]].reset_index(drop=True)
    return selection.assign(label=label_names(chosen, task), **{name: chosen[name] for name in PICKED})


PICKED = ["row", "rank", "score", "agreement", "confidence", "cosine", "rivals", "query", "accepted"]


def with_names(dropped: pd.DataFrame, records: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The dropped candidates by the names of their labels and the ids of their records, in order of both."""
    ids = records["id"].to_numpy()[dropped["row"]]
    named = pd.DataFrame({"label": label_names(dropped, task), "id": ids, "reason": dropped["reason"]})
    order = pd.DataFrame({"label": dropped["label"], "row": dropped["row"]}).sort_values(
        ["label", "row"], kind="stable"
    )
    return named.loc[order.index].reset_index(drop=True).astype("str")


def label_names(table: pd.DataFrame, task: Task) -> np.ndarray:
    """The label's own name for each line's number."""
    return np.array(task.names, dtype=object)[table["label"].to_numpy(dtype=np.int64)]


def refuse_empty(counts: pd.Series, dropped: pd.DataFrame, task: Task) -> None:
    """A label without any image could not be learned.

    Raises:
        ValueError: there is one; the message says what became of its candidates.
    """
    missing = [name for name in task.names if counts[name] == 0]
    if missing:
        gone = dropped[dropped["label"].isin(missing)]
        why = ", ".join(f"{count} {reason}" for reason, count in dropped_counts(gone).items())
        raise ValueError(
            f"params.yaml: retrieve.labels: nothing in the corpus was found for {', '.join(missing)}"
            f"{f' (candidates dropped: {why})' if why else ''}. Add another name (`name | other name`), lower "
            "retrieve.least_cosine or least_confidence, raise retrieve.neighbours, or widen collect.corpus."
        )


def pictures_of(selection: pd.DataFrame, corpus: Path, images: int) -> dict[str, Image.Image]:
    """The first `images` of each label, by id."""
    shown = selection[selection["rank"] <= images].sort_values(["shard", "offset"])
    return dict(zip(shown["id"], read_images(corpus, shown), strict=True))


def draw_sheet(selection: pd.DataFrame, pictures: dict[str, Image.Image], images: int, task: Task) -> Image.Image:
    """The best images of each label, a row a label, with all of its names."""
    shown = selection[selection["rank"] <= images]
    by_label = {label: list(rows.sort_values("rank")["id"]) for label, rows in shown.groupby("label")}
    rows = [
        (" · ".join(label.names), [pictures[each] for each in by_label.get(label.name, [])]) for label in task.labels
    ]
    return contact_sheet(rows)


if __name__ == "__main__":
    run(main)

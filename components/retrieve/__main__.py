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
from components.retrieve.augmentation import chosen_descriptors
from components.retrieve.choose import choose
from components.retrieve.descriptors import read_pool
from components.retrieve.evidence import Searchable, candidates
from components.retrieve.guard import copies
from components.retrieve.params import RetrieveParams
from components.retrieve.review import obey, read_review
from components.retrieve.review_page import write_review
from components.retrieve.select import dropped_counts, empty_places, lost_claims, settle_conflicts
from components.retrieve.thin import Nearness
from components.sheet import contact_sheet
from components.stage import run
from components.vector_index import open_index
from components.zeroshot import Task, parse_labels, task_values


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
    decided = read_review(review, ids=records["id"], labels=task.names)
    searchable = opened(records, vectors, index, clips.sha256(model), params)
    encode = clips.load(model).encode_texts
    descriptors = chosen_descriptors(
        params.augmentation.choice,
        encode,
        task.labels,
        task.templates,
        read_pool(params.augmentation.descriptors_file),
        clusters=params.augmentation.clusters,
        keep=params.augmentation.keep,
        seed=params.seed,
    )
    found = candidates(task, encode, searchable, descriptors, params)
    claims, rejected = obey(found, decided, ids=records["id"], labels=task.names, file=review)
    settled = settle_conflicts(claims)
    copied = near_copies(settled, records, evaluation, vectors, params)
    choice = choose(
        settled,
        records,
        searchable.image_MD,
        copied_N=copied,
        least_cosine=params.least_cosine,
        least_confidence=params.least_confidence,
        nearness=Nearness(params.thinning.by, params.thinning.bits, params.thinning.cosine),
        choice=params.selection.choice,
        pick=params.selection.pick,
        images_per_label=params.images_per_label,
        source_share=params.source_share,
        seed=params.seed,
    )
    dropped = pd.concat([rejected, lost_claims(claims, settled), choice.dropped], ignore_index=True)
    selection = with_records(choice.chosen, records, task)
    counts = selection["label"].value_counts().reindex(task.names, fill_value=0)
    refuse_empty(counts, dropped, task)
    with whole_folder(out) as folder:
        write_table(selection, folder / "selection.parquet")
        write_table(with_names(dropped, records, task), folder / "dropped.parquet")
        write_json(task_values(task), folder / "labels.json")
        write_json(descriptors, folder / "descriptors.json")
        pictures = pictures_of(selection, corpus, max(params.sheet_images, params.review_images))
        draw_sheet(selection, pictures, params.sheet_images, task).save(folder / "sheet.png")
        write_review(selection, pictures, folder, images_per_label=params.review_images)
    short = empty_places(choice.chosen, choice.dropped, images_per_label=params.images_per_label)
    figures = {
        "selected": len(selection),
        "labels_with_hits": int((counts > 0).sum()),
        "candidates": len(found),
        "conflicts": int((settled["rivals"] > 0).sum()),
        "evaluation_copies_left_out": int(copied.sum()),
        "dropped": dropped_counts(dropped),
        "places_left_empty_by_source_share": int(short.sum()),
        "decisions": {verdict: int((decided["verdict"] == verdict).sum()) for verdict in ("accept", "reject")},
        "mean_cosine": selection["cosine"].mean(),
        "mean_agreement": selection["agreement"].mean(),
        "mean_confidence": selection["confidence"].mean(),
        "sources": {name: int(count) for name, count in sorted(selection["source"].value_counts().items())},
        "labels": {name: int(count) for name, count in counts.items()},
    }
    write_json(figures, metrics)


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
        gone = dropped[np.isin(label_names(dropped, task), missing)]
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
    """The best images of each label, a row a label."""
    shown = selection[selection["rank"] <= images]
    by_label = {label: list(rows.sort_values("rank")["id"]) for label, rows in shown.groupby("label")}
    return contact_sheet([(name, [pictures[each] for each in by_label.get(name, [])]) for name in task.names])


if __name__ == "__main__":
    run(main)

"""An index folder, built from the vectors of one side and finished by its manifest.

Shape legend: M = vectors in the index, Q = rows kept for the card, C = captions.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from components.index.bipartite import Asking
from components.index.learn import Side, learn
from components.index.params import IndexParams
from components.index.shards import SAVED_ARRAYS, build_shards, learned_once, merge_lists
from components.index.taught import Taught
from components.index.vectors import Vectors
from components.outputs import write_json
from components.vector_index import LIST_KINDS, MANIFEST, file_facts


def build_index(
    opened: dict[str, Vectors],
    side: Side,
    folder: Path,
    drafts: Path,
    params: IndexParams,
    *,
    model_sha256: str,
    held_Q: np.ndarray,
) -> dict[str, float]:
    """Fill the empty `folder` with an index of one side's vectors; row m is row m of them.

    Args:
        opened: the image and the text vectors of the same records.
        side: whose vectors are stored.
        folder: where the index goes; the caller makes it appear by rename.
        drafts: where finished shards wait, under a name made of settings and vectors. A later call goes on from them.
        params: settings.
        model_sha256: of the model that made the vectors.
        held_Q: rows from which nothing is learned.

    Returns:
        What learning measured about itself.

    Raises:
        ValueError: the settings do not fit the vectors.
    """
    stored = opened[side]
    made_of = {each: vectors.sha256 for each, vectors in opened.items()}
    drafts = drafts / f"{side}-{_key(side, params, made_of)}"
    learned = learned_once(drafts, lambda: learn(opened, side, params, held_Q))
    shards = build_shards(stored, learned, drafts, params, _asking(opened, side, params, held_Q))
    folder.mkdir(parents=True, exist_ok=True)
    files = [drafts / each["file"] for each in shards]
    if params.kind in LIST_KINDS:
        merge_lists(learned.empty, files, folder, on_disk=params.on_disk)
        parts: list[dict[str, Any]] = [{"file": "part-00000.faiss", "first_row": 0, "rows": stored.rows}]
    else:
        parts = [{**each, "file": f"part-{number:05d}.faiss"} for number, each in enumerate(shards)]
        for file, part in zip(files, parts, strict=True):
            shutil.copyfile(file, folder / part["file"])
        parts = [{name: part[name] for name in ("file", "first_row", "rows")} for part in parts]
    for name in SAVED_ARRAYS.values():
        if (drafts / name).is_file():
            shutil.copyfile(drafts / name, folder / name)
    manifest = {
        "kind": params.kind,
        "side": side,
        "model_sha256": model_sha256,
        "vectors_sha256": made_of,
        "vectors": stored.rows,
        "width": stored.width,
        "next_row": stored.rows,
        "settings": params.model_dump(),
        "parts": parts,
        "shards": [{name: each[name] for name in ("first_row", "rows", "bytes", "sha256")} for each in shards],
    }
    write_manifest(manifest, folder)
    return learned.figures


def _asking(opened: dict[str, Vectors], side: Side, params: IndexParams, held_Q: np.ndarray) -> Asking | None:
    """The captions that link a graph of images; captions' own graph is searched by captions and needs none."""
    if side == "text" or params.kind != "hnsw" or not params.hnsw_caption_links:
        return None
    rng = np.random.default_rng(params.seed)
    caption_C = Taught(opened["text"].rows, held_Q).draw(params.pairing_images, rng)
    return Asking(opened["text"], caption_C, params.hnsw_caption_neighbours, params.hnsw_caption_links)


def write_manifest(manifest: dict[str, Any], folder: Path) -> None:
    """Write the manifest last, with the checksum of every other file."""
    files = {file.name: file_facts(file) for file in sorted(folder.iterdir()) if file.name != MANIFEST}
    write_json({**manifest, "files": files}, folder / MANIFEST)


def _key(side: Side, params: IndexParams, made_of: dict[str, str]) -> str:
    """A name for the work of one build: the same settings and vectors give the same name."""
    values = {"side": side, **made_of, **params.model_dump(exclude=set(NOT_BUILT))}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


NOT_BUILT = ("nprobe_budgets",)
"""Settings that change what is measured, and no file of a shard."""

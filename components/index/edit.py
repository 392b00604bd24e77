"""Adding to and removing from a finished index folder, without learning anew.

Shape legend: N = vectors added, D = width. An edit works on a copy that takes the folder's place by rename.
"""

import shutil
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from components.index.build import write_manifest
from components.index.shards import add_block, placing_of
from components.outputs import whole_folder
from components.vector_index import LIST_KINDS, LISTS_FILE, VectorIndex, open_index


def add_vectors(folder: Path, vector_ND: np.ndarray, *, model_sha256: str) -> np.ndarray:
    """Add unit vectors to the index in `folder`; their row numbers [N], which follow the highest ever given.

    Raises:
        ValueError: a vector is NaN, zero or of another width; or the index is damaged or of another model.
    """
    opened = open_index(folder, model_sha256=model_sha256)
    vector_ND = opened.checked(vector_ND, what="new vector")
    manifest = dict(opened.manifest)
    first = manifest["next_row"]
    with whole_folder(folder) as draft:
        shutil.copytree(folder, draft, dirs_exist_ok=True)
        part = manifest["parts"][-1]
        index = _writable(draft / part["file"])
        margin = opened.settings["spill_margin"]
        add_block(index, vector_ND, first, placing_of(index, opened.kind, opened.centre_D, opened.price_L, margin))
        _write(index, draft / part["file"], opened)
        manifest["parts"] = [*manifest["parts"][:-1], {**part, "rows": part["rows"] + len(vector_ND)}]
        manifest["next_row"] = first + len(vector_ND)
        manifest["vectors"] += len(vector_ND)
        write_manifest(manifest, draft)
    return np.arange(first, first + len(vector_ND))


def remove_rows(folder: Path, rows: np.ndarray, *, model_sha256: str) -> int:
    """Remove these rows from the index in `folder`; the others keep their numbers. How many were there.

    Lists give the space back; flat and hnsw keep the vector, note the row in `removed.npy` and never return it.

    Raises:
        ValueError: a row was never in the index, or nothing would be left; or the index is damaged or of another model.
    """
    opened = open_index(folder, model_sha256=model_sha256)
    manifest = dict(opened.manifest)
    rows = np.unique(np.asarray(rows, dtype=np.int64))
    if len(rows) and not 0 <= rows[0] <= rows[-1] < manifest["next_row"]:
        raise ValueError(
            f"{folder}: rows to remove must lie in 0 to {manifest['next_row'] - 1}; "
            f"{rows[0] if rows[0] < 0 else rows[-1]} does not."
        )
    earlier = np.empty(0, dtype=np.int64) if opened.removed is None else opened.removed
    gone = np.setdiff1d(rows, earlier)
    if len(gone) >= manifest["vectors"]:
        raise ValueError(f"{folder}: removing {len(gone)} rows would leave no vector. Delete the folder instead.")
    with whole_folder(folder) as draft:
        shutil.copytree(folder, draft, dirs_exist_ok=True)
        if opened.kind in LIST_KINDS:
            file = draft / manifest["parts"][0]["file"]
            index = _writable(file)
            index.remove_ids(gone)
            _write(index, file, opened)
        np.save(draft / "removed.npy", np.union1d(earlier, gone))
        manifest["vectors"] -= len(gone)
        write_manifest(manifest, draft)
    return len(gone)


def _writable(file: Path) -> Any:
    return faiss.read_index(str(file), faiss.IO_FLAG_ONDISK_SAME_DIR)


def _write(index: Any, file: Path, opened: VectorIndex) -> None:
    if opened.kind in LIST_KINDS and opened.settings["on_disk"]:
        lists: Any = faiss.downcast_InvertedLists(index.invlists)
        lists.filename = LISTS_FILE
    faiss.write_index(index, str(file))

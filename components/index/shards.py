"""Shards of an index: built one by one, each finished by rename, merged at the end.

Shape legend: N = vectors of a block, L = lists, D = width, E = D + 1.

A drafts folder keeps the trained index and the finished shards, so that a killed build goes on where it was.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from components.index.balance import chosen_lists, table
from components.index.bipartite import Asking, link
from components.index.codecs import room_for
from components.index.learn import Learned
from components.index.params import IndexParams
from components.index.vectors import Vectors
from components.outputs import read_json, whole_file, write_json
from components.vector_index import LIST_KINDS, LISTS_FILE, file_facts

SAVED_ARRAYS = {"router_LE": "router.npy", "centre_D": "centre.npy", "price_L": "prices.npy"}


def learned_once(drafts: Path, learn: Callable[[], Learned]) -> Learned:
    """What `learn` gives, from the drafts if a killed build had finished it."""
    done, trained = drafts / "learned.json", drafts / "trained.faiss"
    names = {attribute: drafts / name for attribute, name in SAVED_ARRAYS.items()}
    if not done.is_file():
        learned = learn()
        drafts.mkdir(parents=True, exist_ok=True)
        faiss.write_index(learned.empty, str(trained))
        for attribute, file in names.items():
            if getattr(learned, attribute) is not None:
                np.save(file, getattr(learned, attribute))
        write_json(learned.figures, done)
    arrays = {attribute: np.load(file) if file.is_file() else None for attribute, file in names.items()}
    return Learned(faiss.read_index(str(trained)), **arrays, figures=read_json(done))


def build_shards(
    vectors: Vectors, learned: Learned, drafts: Path, params: IndexParams, asking: Asking | None = None
) -> list[dict[str, Any]]:
    """Every shard's entry: its file, first row, rows, size and checksum. Only shards that are not there are built.

    Args:
        vectors: what is stored.
        learned: what was learned before.
        drafts: where shards are, or will be.
        params: settings.
        asking: captions that link a graph.
    """
    entries = []
    for number, first in enumerate(range(0, vectors.rows, params.vectors_per_shard)):
        file, entry_file = drafts / f"shard-{number:05d}.faiss", drafts / f"shard-{number:05d}.json"
        if not _finished(file, entry_file):
            end = min(vectors.rows, first + params.vectors_per_shard)
            with whole_file(file) as draft:
                faiss.write_index(_shard(vectors, first, end, learned, params, asking), str(draft))
            write_json({"file": file.name, "first_row": first, "rows": end - first, **file_facts(file)}, entry_file)
        entries.append(read_json(entry_file))
    return entries


def _finished(file: Path, entry_file: Path) -> bool:
    if not (file.is_file() and entry_file.is_file()):
        return False
    return {**read_json(entry_file), **file_facts(file)} == read_json(entry_file)


def _shard(vectors: Vectors, first: int, end: int, learned: Learned, params: IndexParams, asking: Asking | None) -> Any:
    index = faiss.clone_index(learned.empty)
    placing = placing_of(index, params.kind, learned.centre_D, learned.price_L, params.spill_margin)
    if params.kind in LIST_KINDS:
        _room_in_lists(index, vectors, first, end, placing)
    else:
        room_for(index, end - first)
    for row, block_ND in vectors.blocks(first, end):
        add_block(index, block_ND, row, placing)
    if asking is not None:
        link(index, vectors, first, end, asking)
    return index


@dataclass(frozen=True)
class Placing:
    """How a vector is stored, and in which lists."""

    kind: str
    centre_D: np.ndarray | None = None
    table_LE: np.ndarray | None = None
    """What chooses an image's list in place of the centroids, where lists have prices."""
    spill_margin: float = 0.0


def placing_of(
    index: Any, kind: str, centre_D: np.ndarray | None, price_L: np.ndarray | None, spill_margin: float
) -> Placing:
    """The same for each block of an index; prices become a table once."""
    if price_L is None:
        return Placing(kind, centre_D, None, spill_margin)
    return Placing(kind, centre_D, table(index.quantizer.reconstruct_n(0, index.nlist), price_L), spill_margin)


def add_block(index: Any, vector_ND: np.ndarray, first_row: int, placing: Placing) -> None:
    """Add vectors as rows `first_row`, …; a vector's list is chosen before the centre is taken off."""
    stored_ND = vector_ND if placing.centre_D is None else vector_ND - placing.centre_D
    if placing.kind not in LIST_KINDS:
        index.add(stored_ND)
        return
    rows = np.arange(first_row, first_row + len(vector_ND), dtype=np.int64)
    for place, list_N in _places(index, vector_ND, placing):
        _add_to_lists(index, stored_ND[place], rows[place], list_N)


def _places(index: Any, vector_ND: np.ndarray, placing: Placing) -> list[tuple[np.ndarray, np.ndarray]]:
    """Which vectors go where, as places and their lists: every one to its nearest, spilled ones to the second too."""
    if placing.table_LE is not None:
        return [(np.arange(len(vector_ND)), chosen_lists(vector_ND, placing.table_LE))]
    product_N2, list_N2 = index.quantizer.search(vector_ND, min(2, index.nlist))
    every = [(np.arange(len(vector_ND)), list_N2[:, 0])]
    if placing.spill_margin <= 0 or index.nlist == 1:
        return every
    near = np.flatnonzero(product_N2[:, 0] - product_N2[:, 1] < placing.spill_margin)
    return [*every, (near, list_N2[near, 1])]


def _room_in_lists(index: Any, vectors: Vectors, first: int, end: int, placing: Placing) -> None:
    """Let each list take its final memory at once: growing by doubling would hold the vectors twice."""
    sizes_L = np.zeros(index.nlist, dtype=np.int64)
    for _, block_ND in vectors.blocks(first, end):
        for _, list_N in _places(index, block_ND, placing):
            sizes_L += np.bincount(list_N, minlength=index.nlist)
    for number, size in enumerate(sizes_L.tolist()):
        index.invlists.resize(number, size)
        index.invlists.resize(number, 0)


def _add_to_lists(index: Any, vector_ND: np.ndarray, row_N: np.ndarray, list_N: np.ndarray) -> None:
    vector_ND, row_N, list_N = (np.ascontiguousarray(each) for each in (vector_ND, row_N, list_N))
    index.add_core(len(vector_ND), faiss.swig_ptr(vector_ND), faiss.swig_ptr(row_N), faiss.swig_ptr(list_N))


def merge_lists(empty: Any, shard_files: list[Path], folder: Path, *, on_disk: bool) -> None:
    """Write one index with the lists of all shards into `folder`, as `part-00000.faiss` (and `lists.ivfdata`)."""
    if len(shard_files) == 1 and not on_disk:
        shutil.copyfile(shard_files[0], folder / "part-00000.faiss")
        return
    index: Any = faiss.clone_index(empty)
    if on_disk:
        _concatenate_on_disk(index, shard_files, folder / LISTS_FILE)
    else:
        _concatenate(index, shard_files)
    index.ntotal = index.invlists.compute_ntotal()
    faiss.write_index(index, str(folder / "part-00000.faiss"))


def _concatenate(index: Any, shard_files: list[Path]) -> None:
    """Copy the shards' lists behind one another.

    Each list takes its final size at once, since growing would hold it twice.
    """
    for number, size in enumerate(_sizes(index.nlist, shard_files).tolist()):
        index.invlists.resize(number, size)
    for number, begin, size, lists in _pieces(index.nlist, shard_files):
        index.invlists.update_entries(number, begin, size, lists.get_ids(number), lists.get_codes(number))


def _concatenate_on_disk(index: Any, shard_files: list[Path], file: Path) -> None:
    """The same into a file that the index then reads, written in place and never mapped.

    FAISS's own merge maps the shards and the new file, and keeps all of it in memory until it ends. The layout is
    FAISS's: list after list, each with its codes, then its row numbers of 8 bytes.
    """
    size_L = _sizes(index.nlist, shard_files)
    lists: Any = faiss.OnDiskInvertedLists(index.nlist, index.code_size, str(file))
    lists.set_all_lists_sizes(faiss.swig_ptr(size_L))
    lists.totsize = int(size_L.sum()) * (index.code_size + ROW_BYTES)
    codes_L = ((np.cumsum(size_L) - size_L) * (index.code_size + ROW_BYTES)).tolist()
    rows_L = [codes + size * index.code_size for codes, size in zip(codes_L, size_L.tolist(), strict=True)]
    with file.open("wb") as opened:
        for number, begin, size, piece in _pieces(index.nlist, shard_files):
            opened.seek(codes_L[number] + begin * index.code_size)
            opened.write(faiss.rev_swig_ptr(piece.get_codes(number), size * index.code_size).data)
            opened.seek(rows_L[number] + begin * ROW_BYTES)
            opened.write(faiss.rev_swig_ptr(piece.get_ids(number), size).data)
    lists.filename = LISTS_FILE  # a bare name: the folder can be moved
    index.replace_invlists(lists, True)
    lists.this.disown()


ROW_BYTES = 8
"""Of a row number in a list."""


def _sizes(lists: int, shard_files: list[Path]) -> np.ndarray:
    """Vectors of each list in all shards, uint64 [L]."""
    size_L = np.zeros(lists, dtype=np.uint64)
    for file in shard_files:
        shard = _mapped(file)
        size_L += np.array([shard.invlists.list_size(number) for number in range(lists)], dtype=np.uint64)
        del shard  # or two would be mapped while the next one opens
    return size_L


def _pieces(lists: int, shard_files: list[Path]) -> Iterator[tuple[int, int, int, Any]]:
    """Each shard's lists that are not empty: number, place in the merged list, size, and the shard's lists.

    One shard is in view at a time.
    """
    begin_L = [0] * lists
    for file in shard_files:
        shard = _mapped(file)
        for number in range(lists):
            size = shard.invlists.list_size(number)
            if size:
                yield number, begin_L[number], size, shard.invlists
                begin_L[number] += size
        del shard


def _mapped(file: Path) -> Any:
    return faiss.read_index(str(file), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)

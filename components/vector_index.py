"""An opened vector index: unit vectors of one modality, searched by inner product.

Shape legend: Q = queries, K = neighbours, P = probed lists, L = lists, D = width, E = D + 1. Rows have unit length.

A folder holds `manifest.json` (what it was built from and how, and the SHA-256 of every other file) and
    part-*.faiss    one part with all inverted lists, or parts that are searched one by one and merged
    lists.ivfdata   the inverted lists, where they stay on disk
    router.npy      [L, D + 1] the text side's scores of the lists: weights, then bias
    centre.npy      [D] the constant that was subtracted from every vector before coding
    prices.npy      [L] what a list's product was lowered by when images chose their lists
    removed.npy     rows that were removed: a part without lists still holds them, no search returns them
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np

Modality = Literal["text", "image"]

MANIFEST = "manifest.json"
LISTS_FILE = "lists.ivfdata"
LIST_KINDS = ("ivf", "paired", "routed")
NO_ROW = -1


class VectorIndex:
    """An index as `open_index` gives it; a result is a row number of the vectors it was built from."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self.settings: Mapping[str, Any] = manifest["settings"]
        self.vectors: int = manifest["vectors"]
        self.width: int = manifest["width"]
        self.kind: str = manifest["kind"]
        self.firsts = [part["first_row"] for part in manifest["parts"]]
        files = [folder / part["file"] for part in manifest["parts"]]
        on_disk = self.settings["on_disk"]
        if on_disk and self.kind in LIST_KINDS:
            self.parts = [_read_lists(file) for file in files]
        else:
            self.parts = [_read(file, mapped=on_disk) for file in files]
        self.router_LE = self._array("router.npy")
        self.centre_D = self._array("centre.npy")
        self.price_L = self._array("prices.npy")
        self.removed = self._array("removed.npy")
        self._tables: dict[Modality, tuple[np.ndarray, Any]] = {}
        self.lists = self.parts[0].nlist if self.kind in LIST_KINDS else 0
        self.list_sizes_L = np.array([self.parts[0].invlists.list_size(each) for each in range(self.lists)])

    def search(
        self, query_QD: np.ndarray, k: int, *, modality: Modality = "text", nprobe: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Inner products and rows [Q, K], best first; row -1 (product -inf) where the probed lists ran short.

        Args:
            query_QD: unit vectors of the model that the index was built with.
            k: neighbours for each query, 1 to `vectors`.
            modality: what the queries are vectors of; it chooses how lists are probed.
            nprobe: lists scanned for each query (hnsw: candidates kept); None takes the index's own setting.

        Raises:
            ValueError: a query is NaN, zero or of another width, or `k` or `nprobe` is out of bounds.
        """
        query_QD = self.checked(query_QD)
        if not 1 <= k <= self.vectors:
            raise ValueError(
                f"{self.folder}: {k} neighbours were asked for, the index holds {self.vectors}. Ask for 1 to "
                f"{self.vectors}."
            )
        if nprobe is not None and nprobe < 1:
            raise ValueError(f"{self.folder}: nprobe is {nprobe}. Probe at least one list.")
        search = self._search_lists if self.kind in LIST_KINDS else self._search_parts
        score_QK, row_QK = search(query_QD, k, modality, nprobe)
        if self.centre_D is not None:  # <q, x> = <q, x - centre> + <q, centre>, the last the same for every x
            score_QK = score_QK + (query_QD @ self.centre_D)[:, None]
        return np.where(row_QK == NO_ROW, np.float32(-np.inf), score_QK), row_QK

    def scanned(self, query_QD: np.ndarray, modality: Modality = "text", nprobe: int | None = None) -> float:
        """Mean number of stored vectors that a search compares a query with (comparisons with centroids come on top).

        `hnsw` is measured by a search for ten neighbours.
        """
        query_QD = self.checked(query_QD)
        if self.kind in LIST_KINDS:
            return float(self.list_sizes_L[self.probe(query_QD, modality, nprobe)[1]].sum(axis=1).mean())
        if self.kind == "flat":
            return float(sum(part.ntotal for part in self.parts))
        counted: Any = faiss.cvar
        counted.hnsw_stats.reset()
        self._search_parts(query_QD, min(10, self.vectors), modality, nprobe)
        return float(counted.hnsw_stats.ndis / len(query_QD))

    def probe(self, query_QD: np.ndarray, modality: Modality, nprobe: int | None) -> tuple[np.ndarray, np.ndarray]:
        """The lists a search scans: their centroids' inner products with the query and their numbers, [Q, P] each."""
        probes = min(self.settings["nprobe"] if nprobe is None else nprobe, self.lists)
        quantizer, table = self.parts[0].quantizer, self._table(modality)
        if table is None:
            return quantizer.search(query_QD, probes)
        one_Q1 = np.ones((len(query_QD), 1), dtype=np.float32)
        list_QP = table.search(np.hstack([query_QD, one_Q1]), probes)[1]
        centroid_QPD = quantizer.reconstruct_batch(list_QP.ravel()).reshape(*list_QP.shape, self.width)
        return np.einsum("qd,qpd->qp", query_QD, centroid_QPD), list_QP

    def _table(self, modality: Modality) -> Any:
        """What chooses the lists of these queries in place of the centroids, made once; None where those do.

        For texts the router, if there is one. For images the prices of the lists, if there are any: an image is sought
        where it would go.
        """
        made_of = self.router_LE if modality == "text" else self.price_L
        if made_of is None:
            return None
        known = self._tables.get(modality)
        if known is None or known[0] is not made_of:
            table_LE = made_of
            if made_of is self.price_L:
                centroid_LD = self.parts[0].quantizer.reconstruct_n(0, self.lists)
                table_LE = np.hstack([centroid_LD, -made_of[:, None]])
            table = faiss.IndexFlatIP(self.width + 1)
            table.add(table_LE)
            self._tables[modality] = known = (made_of, table)
        return known[1]

    def _search_lists(
        self, query_QD: np.ndarray, k: int, modality: Modality, nprobe: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        product_QP, list_QP = self.probe(query_QD, modality, nprobe)
        lists = self.parts[0]
        lists.nprobe = list_QP.shape[1]
        twice = 2 if self.settings["spill_margin"] > 0 else 1  # a spilled vector may come back from both its lists
        score_QK, row_QK = lists.search_preassigned(query_QD, twice * k, list_QP, product_QP)
        return (score_QK, row_QK) if twice == 1 else _without_repeats(score_QK, row_QK, k)

    def _search_parts(
        self, query_QD: np.ndarray, k: int, modality: Modality, nprobe: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        more = k + (0 if self.removed is None else len(self.removed))
        scores, rows = [], []
        for first, part in zip(self.firsts, self.parts, strict=True):
            effort: Any = None
            if self.kind == "hnsw":
                wanted = self.settings["hnsw_search"] if nprobe is None else nprobe
                effort = faiss.SearchParametersHNSW(  # type: ignore[attr-defined]
                    efSearch=max(wanted, min(more, part.ntotal))
                )
            score_QK, row_QK = part.search(query_QD, min(more, part.ntotal), params=effort)
            scores.append(score_QK)
            rows.append(np.where(row_QK == NO_ROW, NO_ROW, row_QK + first))
        score_QK, row_QK = np.hstack(scores), np.hstack(rows)
        if self.removed is not None:
            row_QK = np.where(np.isin(row_QK, self.removed), NO_ROW, row_QK)
        score_QK = np.where(row_QK == NO_ROW, np.float32(-np.inf), score_QK)
        best_QK = np.argsort(-score_QK, axis=1, kind="stable")[:, :k]
        score_QK, row_QK = (np.take_along_axis(each, best_QK, axis=1) for each in (score_QK, row_QK))
        return _padded(score_QK, row_QK, k)

    def checked(self, query_QD: np.ndarray, what: str = "query") -> np.ndarray:
        """The vectors, float32 and contiguous, if each has a direction and the index's width.

        Raises:
            ValueError: one of them (a `what`) is NaN, zero or of another width.
        """
        if query_QD.ndim != 2 or query_QD.shape[1] != self.width:
            raise ValueError(
                f"{self.folder}: each {what} must have the index's width {self.width}, but their shape is "
                f"{list(query_QD.shape)}. Embed them with the model that the index was built with."
            )
        for fault, bad_Q in (
            ("not a number", ~np.isfinite(query_QD).all(axis=1)),
            ("a zero vector", ~query_QD.any(axis=1)),
        ):
            if bad_Q.any():
                raise ValueError(
                    f"{self.folder}: {what} {int(bad_Q.argmax())} is {fault}, so nothing is near it. Embed it again."
                )
        return np.ascontiguousarray(query_QD, dtype=np.float32)

    def _array(self, name: str) -> np.ndarray | None:
        return np.load(self.folder / name) if name in self.manifest["files"] else None


def open_index(folder: Path, *, model_sha256: str, checked: bool = True) -> VectorIndex:
    """The index in `folder`.

    Args:
        folder: data/index/image or data/index/text.
        model_sha256: SHA-256 of the model that the queries will come from.
        checked: compare every file with its checksum; False compares sizes alone, for files of many gigabytes.

    Raises:
        ValueError: the index was built with another model, or a file is missing, damaged, half-written or too long.
    """
    manifest = read_manifest(folder)
    if manifest["model_sha256"] != model_sha256:
        raise ValueError(
            f"{folder}: the index was built with another model than the one at hand. Run `dvc repro index`."
        )
    for name, facts in manifest["files"].items():
        _check_file(folder / name, facts, checked)
    return VectorIndex(folder, manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an index folder.

    Raises:
        ValueError: it is missing, damaged or half-written.
    """
    file = folder / MANIFEST
    if not file.is_file():
        raise ValueError(f"{file} does not exist: there is no finished index. Run `dvc repro index`.")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or not {*MANIFEST_KEYS} <= set(manifest):
        raise ValueError(f"{file} is damaged or half-written. Delete {folder} and run `dvc repro index`.")
    return manifest


MANIFEST_KEYS = ("kind", "model_sha256", "vectors", "width", "next_row", "settings", "parts", "shards", "files")


def file_facts(file: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file, as a manifest states them."""
    with file.open("rb") as opened:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def _check_file(file: Path, facts: Mapping[str, Any], checked: bool) -> None:
    mend = f"Delete {file.parent} and run `dvc repro index`."
    if not file.is_file():
        raise ValueError(f"{file} is missing, though {MANIFEST} lists it. {mend}")
    size = file.stat().st_size
    if size < facts["bytes"]:
        raise ValueError(f"{file} is half-written: {size} bytes of {facts['bytes']}. {mend}")
    if size > facts["bytes"]:
        raise ValueError(f"{file} was changed after it was finished: {size} bytes in place of {facts['bytes']}. {mend}")
    if checked and file_facts(file) != facts:
        raise ValueError(f"{file} is damaged: its checksum is not the one in {MANIFEST}. {mend}")


def _read(file: Path, *, mapped: bool) -> Any:
    """A FAISS index, its vectors left in the file if `mapped`."""
    return faiss.read_index(str(file), faiss.IO_FLAG_READ_ONLY | (faiss.IO_FLAG_MMAP_IFC if mapped else 0))


def _read_lists(file: Path) -> Any:
    """A FAISS index whose inverted lists stay in `lists.ivfdata` beside `file`.

    FAISS's own way to look there (IO_FLAG_ONDISK_SAME_DIR) prints a line on standard output.
    """
    index: Any = faiss.read_index(str(file), faiss.IO_FLAG_READ_ONLY | faiss.IO_FLAG_SKIP_IVF_DATA)
    lists: Any = faiss.downcast_InvertedLists(index.invlists)
    lists.filename = str(file.with_name(LISTS_FILE))
    lists.do_mmap()
    return index


def _without_repeats(score_QK: np.ndarray, row_QK: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `k` distinct rows of each query, with their scores."""
    scores = np.full((len(row_QK), k), -np.inf, dtype=np.float32)
    rows = np.full((len(row_QK), k), NO_ROW, dtype=np.int64)
    for query, row_K in enumerate(row_QK):
        first = np.sort(np.unique(row_K, return_index=True)[1])
        kept = first[row_K[first] != NO_ROW][:k]
        scores[query, : len(kept)], rows[query, : len(kept)] = score_QK[query, kept], row_K[kept]
    return scores, rows


def _padded(score_QK: np.ndarray, row_QK: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Both, filled up to `k` columns with "no row"."""
    lacking = ((0, 0), (0, k - row_QK.shape[1]))
    return (
        np.pad(score_QK, lacking, constant_values=-np.inf),
        np.pad(row_QK, lacking, constant_values=NO_ROW),
    )

"""One index built in a process of its own, so that its peak memory is its own; prints what it cost as JSON.

    python -m benchmarks.retrieval.one_build VECTORS SETTINGS FOLDER

SETTINGS is the section `index` as JSON. The index is built from VECTORS/corpus_{image,text}.npy in the empty FOLDER.
"""

import json
import resource
import sys
import time
from pathlib import Path

import faiss

from benchmarks.retrieval.kinds import MODEL
from components.index.build import build_index
from components.index.card import answers, imbalance, latency, recall
from components.index.exact import nearest
from components.index.params import IndexParams
from components.index.taught import held_out
from components.index.vectors import open_pair
from components.vector_index import open_index

K = 10


def build(vectors: Path, params: IndexParams, folder: Path) -> dict[str, float]:
    """Cost and worth of an index of the images, searched with held-out texts at its own nprobe.

    Memory is read before the first search: exact search, for comparison, is no part of a build.
    """
    faiss.omp_set_num_threads(params.threads)
    opened = open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")
    held_Q = held_out(opened["image"].rows, params.recall_queries, params.seed)
    begin = time.perf_counter()
    build_index(opened, "image", folder / "index", folder / "drafts", params, model_sha256=MODEL, held_Q=held_Q)
    seconds, peak = time.perf_counter() - begin, peak_rss_bytes()
    index = open_index(folder / "index", model_sha256=MODEL, checked=False)
    query_QD = opened["text"].take(held_Q)
    exact_QK = nearest(query_QD, opened["image"].blocks(), K)[0]
    row_QK = answers(index, query_QD, K, "text", None, None)
    return {
        "build_seconds": seconds,
        "peak_rss_bytes": peak,
        "index_bytes": sum(file.stat().st_size for file in (folder / "index").iterdir()),
        "list_imbalance": imbalance(index.list_sizes_L),
        "share_scanned": index.scanned(query_QD) / index.vectors,
        "recall_at_10": recall(row_QK, exact_QK, query_QD, opened["image"]),
        **latency(index, query_QD, K),
    }


def peak_rss_bytes() -> int:
    """Largest resident memory of this process so far.

    Linux keeps it for the program (VmHWM); `getrusage` there also counts the parent that started it, so it stands in
    only elsewhere, in bytes as macOS gives it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        fields = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return 1024 * int(fields["VmHWM"].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    found = build(Path(sys.argv[1]), IndexParams.model_validate_json(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps(found))

"""FAISS's NSG over the projection of captions on images, against HNSW with and without it: recall@10 at equal latency.

    python -m benchmarks.retrieval.nsg data/embed [--seeds 1 2 3]

RoarGraph's projection (components/index/bipartite.py) is handed to IndexNSG as its graph of neighbours, filled up with
each image's own nearest images; beside it an NSG of the images alone, and the two HNSW graphs of the stage `index`.
Held-out text queries, one thread, ten seconds a seed; FAISS itself is asked, so that corpora are of one shard.

Shape legend: N = images, Q = queries, K = neighbours, D = width.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import faiss
import numpy as np
import pandas as pd

from benchmarks.retrieval.curves import TIMES_MS, K, Point, recall_within
from benchmarks.retrieval.kinds import KINDS, opened_index
from benchmarks.retrieval.tables import spread
from components.index.bipartite import Asking, projection
from components.index.card import recall
from components.index.exact import nearest
from components.index.params import IndexParams
from components.index.taught import Taught, held_out
from components.index.vectors import Vectors, open_pair
from components.params import PARAMS_FILE, load_section
from components.vector_index import VectorIndex

NEIGHBOURS = 64
"""Places of an image in the graph that NSG is handed."""
LINKS = 32
"""Links that NSG keeps of them, as many as the HNSW graphs."""
SEARCHED = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Candidates kept while searching."""
TIMED, WARM_UP = 200, 10


def curves(embed: Path, params: IndexParams) -> Iterator[tuple[str, list[Point]]]:
    """Name and points of every graph; `share` says nothing, since NSG does not count."""
    opened = open_pair(embed / "corpus_image.npy", embed / "corpus_text.npy")
    stored, held_Q = opened["image"], held_out(opened["image"].rows, params.recall_queries, params.seed)
    query_QD = opened["text"].take(held_Q)
    exact_QK = nearest(query_QD, stored.blocks(), K)[0]

    def points(answer: Callable[[np.ndarray, int], np.ndarray]) -> list[Point]:
        return [
            Point(kept, 1.0, recall(answer(query_QD, kept), exact_QK, query_QD, stored), p50_ms(answer, query_QD, kept))
            for kept in SEARCHED
        ]

    for name in ("hnsw", "hnsw-captions"):
        with tempfile.TemporaryDirectory(prefix="kakehashi-nsg-") as folder:
            yield name, points(hnsw(opened_index(KINDS[name], opened, params, held_Q, Path(folder))))
    taught = Taught(stored.rows, held_Q)
    caption_C = taught.draw(params.pairing_images, np.random.default_rng(params.seed))
    asking = Asking(opened["text"], caption_C, params.hnsw_caption_neighbours, LINKS)
    near_NK = own_neighbours(stored)
    for name, graph_NK in (("nsg", near_NK), ("nsg-captions", projected(near_NK, stored, asking))):
        yield name, points(nsg(stored, graph_NK))


def own_neighbours(stored: Vectors) -> np.ndarray:
    """The nearest other images of each image [N, K], exact."""
    image_ND = stored.take(np.arange(stored.rows))
    return nearest(image_ND, stored.blocks(), NEIGHBOURS, but_Q=np.arange(stored.rows))[1]


def projected(near_NK: np.ndarray, stored: Vectors, asking: Asking) -> np.ndarray:
    """The same graph, in the first places of some images those that answer the same captions."""
    graph_NK = near_NK.copy()
    for row, linked in projection(stored, 0, stored.rows, asking):
        own = near_NK[row][~np.isin(near_NK[row], linked)]
        graph_NK[row] = np.concatenate([linked, own])[:NEIGHBOURS]
    return graph_NK


def hnsw(index: VectorIndex) -> Callable[[np.ndarray, int], np.ndarray]:
    """A search of FAISS's own graph in an index of one shard: queries and candidates kept in, rows [Q, K] out."""
    (graph,) = index.parts

    def answer(query_QD: np.ndarray, kept: int) -> np.ndarray:
        graph.hnsw.efSearch = kept
        return graph.search(query_QD, K)[1]

    return answer


def nsg(stored: Vectors, graph_NK: np.ndarray) -> Callable[[np.ndarray, int], np.ndarray]:
    """A search of FAISS's NSG built from a graph of neighbours: queries and candidates kept in, rows [Q, K] out.

    Vectors are of unit length, so that Euclidean distance orders them as the inner product does.
    """
    image_ND = stored.take(np.arange(stored.rows))
    index = faiss.IndexNSGFlat(image_ND.shape[1], LINKS)
    index.build(image_ND, np.ascontiguousarray(graph_NK, dtype=np.int64))

    def answer(query_QD: np.ndarray, kept: int) -> np.ndarray:
        index.nsg.search_L = kept
        return index.search(query_QD, K)[1]

    return answer


def p50_ms(answer: Callable[[np.ndarray, int], np.ndarray], query_QD: np.ndarray, kept: int) -> float:
    """Median milliseconds of one query by itself."""
    times_ms = []
    for query_D in query_QD[:TIMED]:
        begin = time.perf_counter()
        answer(query_D[None], kept)
        times_ms.append(1000 * (time.perf_counter() - begin))
    return float(np.median(times_ms[WARM_UP:]))


def table(found: Sequence[tuple[str, list[Point]]]) -> pd.DataFrame:
    """A row a graph: recall@10 in equal time and at the same number of candidates, over the seeds."""
    rows = {}
    for name in dict.fromkeys(name for name, _ in found):
        seeds = [points for its_name, points in found if its_name == name]
        timed = {f"within {ms:g} ms": [recall_within(points, ms) for points in seeds] for ms in TIMES_MS}
        kept = {f"{n} kept": [next(p.recall for p in points if p.nprobe == n) for points in seeds] for n in (16, 64)}
        rows[name] = {what: spread(values, 3) for what, values in (timed | kept).items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval.nsg", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("embed", type=Path, help="folder with corpus_image.npy and corpus_text.npy")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="of graphs and of held-out queries")
    options = parser.parse_args()
    base = load_section("index", IndexParams, PARAMS_FILE)
    faiss.omp_set_num_threads(1)
    found = []
    for seed in options.seeds:
        params = IndexParams.model_validate({**base.model_dump(), "seed": seed, "threads": 1})
        for name, points in curves(options.embed, params):
            print(f"measured: seed {seed}, {name}", flush=True)
            found.append((name, points))
    print(table(found).to_string())


if __name__ == "__main__":
    main()

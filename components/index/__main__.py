"""Stage `index`: the base model's vectors, arranged for search.

Reads   <vectors>/corpus_{image,text}.npy   float32 [M, D]
Writes  <out>/{image,text}.faiss            row m is row m of the vectors
        <out>/card.json                     recall against exact search, vectors scanned, list imbalance
        <metrics>                           the same
"""

from pathlib import Path

import faiss
import numpy as np

from components.index.build import build, card, imbalance
from components.index.params import IndexParams
from components.outputs import read_json, whole_folder, write_json
from components.params import load_section
from components.stage import run


def main(vectors: Path, out: Path, metrics: Path) -> None:
    params = load_section("index", IndexParams)
    faiss.omp_set_num_threads(params.threads)
    stored = {side: np.load(vectors / f"corpus_{side}.npy") for side in ("image", "text")}
    some = np.random.default_rng(params.seed).permutation(len(stored["image"]))[: params.recall_queries]
    queries = {f"{side}_query": np.ascontiguousarray(stored[side][some]) for side in stored}
    figures: dict[str, dict[str, float]] = {}
    with whole_folder(out) as folder:
        for side, vector_MD in stored.items():
            index = build(vector_MD, params)
            figures[side] = {**card(index, vector_MD, queries), "list_imbalance": imbalance(index)}
            faiss.write_index(index, str(folder / f"{side}.faiss"))
        provenance = read_json(vectors / "provenance.json")
        made_of = {name: provenance[name] for name in ("model_sha256", "accepted_sha256")}
        write_json({**made_of, "kind": params.kind, **figures}, folder / "card.json")
    write_json(figures, metrics)


if __name__ == "__main__":
    run(main)

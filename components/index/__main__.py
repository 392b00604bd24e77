"""Stage `index`: the base model's vectors, arranged for search.

Reads   <vectors>/corpus_{image,text}.npy   float32 [M, D]
Writes  <out>/{image,text}/                 an index each, opened by components/vector_index.py; row m is row m above
        <out>/card.json                     recall against exact search, vectors scanned, list imbalance, bytes
        <metrics>                           the same
A killed build leaves its finished shards in `.<out>.shards`, and the next one goes on from there.
"""

import shutil
from pathlib import Path

import faiss

from components.index.build import build_index
from components.index.card import card
from components.index.learn import Side
from components.index.params import IndexParams
from components.index.taught import held_out
from components.index.vectors import open_pair
from components.outputs import read_json, whole_folder, write_json
from components.params import load_section
from components.stage import run
from components.vector_index import open_index

SIDES: tuple[Side, ...] = ("image", "text")


def main(vectors: Path, out: Path, metrics: Path) -> None:
    params = load_section("index", IndexParams)
    faiss.omp_set_num_threads(params.threads)
    opened = open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")
    provenance = read_json(vectors / "provenance.json")
    made_of = {name: provenance[name] for name in ("model_sha256", "accepted_sha256")}
    held_Q = held_out(opened["image"].rows, params.recall_queries, params.seed)
    drafts = out.with_name(f".{out.name}.shards")
    figures: dict[str, dict[str, float]] = {}
    with whole_folder(out) as folder:
        for side in SIDES:
            model = made_of["model_sha256"]
            learned = build_index(opened, side, folder / side, drafts, params, model_sha256=model, held_Q=held_Q)
            index = open_index(folder / side, model_sha256=model)
            figures[side] = {**card(index, opened, side, held_Q, params.nprobe_budgets), **learned}
        write_json({**made_of, "kind": params.kind, "codec": params.codec, **figures}, folder / "card.json")
    write_json(figures, metrics)
    shutil.rmtree(drafts, ignore_errors=True)


if __name__ == "__main__":
    run(main)

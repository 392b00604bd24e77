"""Small indexes for the tests: pairs with a gap between their modalities, and a builder."""

from pathlib import Path

import numpy as np

from components.index.build import build_index
from components.index.params import IndexParams
from components.index.vectors import open_pair
from components.params import read_yaml
from components.vector_index import VectorIndex, open_index

ROOT = Path(__file__).parents[2]
MODEL = "a" * 64
SMALL = {
    "kind": "routed",
    "hnsw_caption_links": 0,
    "lists": 8,
    "nprobe": 3,
    "pq_bytes": 4,
    "router_epochs": 4,
    "hnsw_links": 8,
    "vectors_per_shard": 150,
    "nprobe_budgets": [1, 4, 8],
    "recall_queries": 20,
    "threads": 1,
}


def small_params(**changes):
    """The settings of params.yaml, made small, with changes."""
    return IndexParams.model_validate({**read_yaml(ROOT / "params.yaml")["index"], **SMALL, **changes})


def gapped_pairs(rows: int, width: int, *, seed: int, gap: float = 0.8, noise: float = 0.3):
    """Unit images and texts [rows, width] of the same points, pushed apart along one direction and blurred."""
    rng = np.random.default_rng(seed)
    point_ND = rng.normal(size=(rows, width)) / np.sqrt(width)
    offset_D = np.eye(width)[0] * gap / 2
    image_ND = point_ND + offset_D
    text_ND = point_ND + noise * rng.normal(size=(rows, width)) / np.sqrt(width) - offset_D
    return tuple(
        (each / np.linalg.norm(each, axis=1, keepdims=True)).astype(np.float32) for each in (image_ND, text_ND)
    )


def save_pairs(folder: Path, image_ND: np.ndarray, text_ND: np.ndarray) -> Path:
    """Vectors where the stage finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "corpus_image.npy", image_ND)
    np.save(folder / "corpus_text.npy", text_ND)
    return folder


def build(vectors: Path, folder: Path, side="image", held=(), **changes) -> VectorIndex:
    """An opened index of the saved vectors, built with the small settings and changes."""
    opened = open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")
    drafts = folder.with_name(f".{folder.name}.shards")
    held_q = np.array(held, dtype=np.int64)
    build_index(opened, side, folder, drafts, small_params(**changes), model_sha256=MODEL, held_Q=held_q)
    return open_index(folder, model_sha256=MODEL)

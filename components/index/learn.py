"""What an index learns before it holds vectors: centroids, a router, a codec.

Shape legend: N = training rows, L = lists, D = width, K = neighbours, E = D + 1. Rows have unit length.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import faiss
import numpy as np

from components.index.codecs import check_codec, empty_lists, empty_part, train_lists_codec
from components.index.exact import nearest
from components.index.paired import assign, paired_kmeans
from components.index.params import IndexParams
from components.index.router import linear_router, text_table
from components.index.vectors import BLOCK_BYTES, Vectors
from components.vector_index import LIST_KINDS

Side = Literal["image", "text"]


@dataclass(frozen=True)
class Learned:
    """A trained index without vectors, and what stands beside it."""

    empty: Any
    router_LE: np.ndarray | None = None
    centre_D: np.ndarray | None = None
    figures: dict[str, float] = field(default_factory=dict)


def learn(opened: dict[str, Vectors], side: Side, params: IndexParams, held_Q: np.ndarray) -> Learned:
    """Centroids, router, centre and codec for the vectors of one side.

    Args:
        opened: the image and the text vectors of the same records.
        side: whose vectors the index will hold; captions' own index is searched by captions and needs no pairs.
        params: settings.
        held_Q: rows from which nothing is learned, kept for the card.

    Raises:
        ValueError: there are fewer vectors than lists, or the codec does not fit.
    """
    stored = opened[side]
    rng = np.random.default_rng(params.seed)
    rows = np.setdiff1d(np.arange(stored.rows), held_Q)
    check_codec(params, stored.width, len(rows))
    if params.kind not in LIST_KINDS:
        return _learn_part(stored, rows, params, rng)
    if len(rows) < params.lists:
        raise ValueError(
            f"params.yaml: index.lists is {params.lists}, but there are only {len(rows)} vectors to learn them from. "
            "Lower index.lists, or set index.kind to flat."
        )
    some = sample(rows, params.lists * params.train_vectors_per_list, rng)
    if side == "image" and params.kind == "paired":
        caption_row, near_NK, image_ND = pairs(opened, rows, params, 1, rng)
        centroid_LD = paired_kmeans(
            image_ND[near_NK[:, 0]],
            opened["text"].take(caption_row),
            params.lists,
            iterations=params.iterations,
            most_per_list=params.train_vectors_per_list,
            seed=params.seed,
        )
    else:
        centroid_LD = kmeans(stored.take(some), params)
    router_LE: np.ndarray | None = None
    figures: dict[str, float] = {}
    if side == "image" and params.kind == "routed":
        router_LE, figures = learn_router(opened, rows, centroid_LD, params, rng)
    empty, centre_D = _learn_codec(stored.take(some), centroid_LD, params)
    return Learned(empty, router_LE, centre_D, figures)


def sample(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """At most `most` of the rows, in rising order."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, size=most, replace=False))


def kmeans(vector_ND: np.ndarray, params: IndexParams) -> np.ndarray:
    """Centroids [L, D] of FAISS's spherical k-means."""
    clustering = faiss.Kmeans(
        vector_ND.shape[1],
        params.lists,
        niter=params.iterations,
        seed=params.seed,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=params.train_vectors_per_list,
    )
    clustering.train(vector_ND)
    return np.array(clustering.centroids)


def pairs(
    opened: dict[str, Vectors], rows: np.ndarray, params: IndexParams, neighbours: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Captions and their exact nearest images: rows of the captions [N], places [N, K] in the images, the images.

    Images and captions come from one draw of at most `pairing_images` records; of its captions so many are paired as
    k-means will take. (Pairing all and drawing whole pairs afterwards gives the same: each caption is paired alone.)
    """
    image_row = sample(rows, params.pairing_images, rng)
    caption_row = sample(image_row, params.lists * params.train_vectors_per_list, rng)
    image_ND = opened["image"].take(image_row)
    size = max(1, BLOCK_BYTES // (4 * image_ND.shape[1]))
    blocks = [(first, image_ND[first : first + size]) for first in range(0, len(image_ND), size)]
    near = [
        nearest(opened["text"].take(caption_row[first : first + size]), blocks, neighbours)[1]
        for first in range(0, len(caption_row), size)
    ]
    return caption_row, np.concatenate(near), image_ND


def learn_router(
    opened: dict[str, Vectors], rows: np.ndarray, centroid_LD: np.ndarray, params: IndexParams, rng: np.random.Generator
) -> tuple[np.ndarray, dict[str, float]]:
    """The text side's table of lists [L, E], and how it did on captions held out from it."""
    neighbours = 1 if params.router == "table" else params.router_neighbours
    caption_row, near_NK, image_ND = pairs(opened, rows, params, neighbours, rng)
    text_ND = opened["text"].take(caption_row)
    list_M = assign(image_ND, centroid_LD)
    if params.router == "table":
        return text_table(text_ND, image_ND[near_NK[:, 0]], list_M[near_NK[:, 0]], centroid_LD), {}
    return linear_router(
        text_ND,
        list_M[near_NK],
        centroid_LD,
        np.bincount(list_M, minlength=params.lists) / len(list_M),
        held_out=params.router_held_out,
        epochs=params.router_epochs,
        learning_rate=params.router_learning_rate,
        seed=params.seed,
    )


def _learn_codec(vector_ND: np.ndarray, centroid_LD: np.ndarray, params: IndexParams) -> tuple[Any, np.ndarray | None]:
    empty = empty_lists(centroid_LD, params)
    list_N = assign(vector_ND, centroid_LD)
    if empty.by_residual:
        vector_ND = vector_ND - centroid_LD[list_N]
    centre_D = _centre(vector_ND) if params.centred else None
    train_lists_codec(empty, vector_ND if centre_D is None else vector_ND - centre_D, list_N)
    return empty, centre_D


def _learn_part(stored: Vectors, rows: np.ndarray, params: IndexParams, rng: np.random.Generator) -> Learned:
    empty = empty_part(stored.width, params)
    if params.codec == "flat" and not params.centred:
        return Learned(empty)
    vector_ND = stored.take(sample(rows, PART_TRAINING_ROWS, rng))
    centre_D = _centre(vector_ND) if params.centred else None
    empty.train(vector_ND if centre_D is None else vector_ND - centre_D)
    return Learned(empty, centre_D=centre_D)


PART_TRAINING_ROWS = 65536
"""Vectors that the codec of an index without lists learns from: 256 for each of 256 codewords."""


def _centre(vector_ND: np.ndarray) -> np.ndarray:
    return vector_ND.mean(axis=0, dtype=np.float64).astype(np.float32)

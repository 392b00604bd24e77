"""What an index learns before it holds vectors: centroids, a router, prices, a codec.

Shape legend: N = training rows, M = images, L = lists, D = width, K = neighbours, E = D + 1. Rows have unit length.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import faiss
import numpy as np

from components.index.balance import chosen_lists, list_prices, table
from components.index.codecs import check_codec, empty_lists, empty_part, train_lists_codec
from components.index.exact import nearest
from components.index.paired import assign, paired_kmeans
from components.index.params import IndexParams
from components.index.router import linear_router, text_table
from components.index.taught import Taught
from components.index.vectors import Vectors
from components.vector_index import LIST_KINDS

Side = Literal["image", "text"]


@dataclass(frozen=True)
class Learned:
    """A trained index without vectors, and what stands beside it."""

    empty: Any
    router_LE: np.ndarray | None = None
    centre_D: np.ndarray | None = None
    price_L: np.ndarray | None = None
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
    taught = Taught(stored.rows, held_Q)
    check_codec(params, stored.width, len(taught))
    if params.kind not in LIST_KINDS:
        return _learn_part(stored, taught, params, rng)
    if len(taught) < params.lists:
        raise ValueError(
            f"params.yaml: index.lists is {params.lists}, but there are only {len(taught)} vectors to learn them "
            "from. Lower index.lists, or set index.kind to flat."
        )
    some = taught.draw(params.lists * params.train_vectors_per_list, rng)
    if side == "image" and params.kind == "paired":
        centroid_LD = paired_lists(opened, pairs(opened, taught, params, 1, rng), params)
    else:
        centroid_LD = kmeans(stored.take(some), params)
    router_LE: np.ndarray | None = None
    price_L: np.ndarray | None = None
    figures: dict[str, float] = {}
    if side == "image" and params.kind == "paired" and params.balance_rounds:
        price_L = list_prices(stored.take(some), centroid_LD, params.balance_rounds)
    if side == "image" and params.kind == "routed":
        router_LE, figures = learn_router(opened, taught, centroid_LD, params, rng)
    empty, centre_D = _learn_codec(stored, some, centroid_LD, price_L, params)
    return Learned(empty, router_LE, centre_D, price_L, figures)


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


@dataclass(frozen=True)
class Pairs:
    """Captions and their exact nearest images."""

    caption_N: np.ndarray
    """Rows of the captions."""
    image_M: np.ndarray
    """Rows of the images among which the nearest were sought."""
    near_NK: np.ndarray
    """For each caption the places of its nearest images in `image_M`, best first."""


def pairs(
    opened: dict[str, Vectors], taught: Taught, params: IndexParams, neighbours: int, rng: np.random.Generator
) -> Pairs:
    """Each caption's `neighbours` exact nearest images, both sides read block by block.

    Images and captions come from one draw of at most `pairing_images` records; of its captions so many are paired as
    k-means will take. (Pairing all and drawing whole pairs afterwards gives the same: each caption is paired alone.)
    """
    image_M = taught.draw(params.pairing_images, rng)
    few = Taught(len(image_M), np.empty(0, dtype=np.int64))
    caption_N = image_M[few.draw(params.lists * params.train_vectors_per_list, rng)]
    near = [
        nearest(text_ND, opened["image"].blocks_of(image_M), neighbours)[1]
        for _, text_ND in opened["text"].blocks_of(caption_N)
    ]
    return Pairs(caption_N, image_M, np.concatenate(near))


def paired_lists(opened: dict[str, Vectors], paired: Pairs, params: IndexParams) -> np.ndarray:
    """Centroids [L, D] of paired k-means over captions and their nearest images."""
    return paired_kmeans(
        opened["image"].take(paired.image_M[paired.near_NK[:, 0]]),
        opened["text"].take(paired.caption_N),
        params.lists,
        iterations=params.iterations,
        most_per_list=params.train_vectors_per_list,
        seed=params.seed,
    )


def learn_router(
    opened: dict[str, Vectors], taught: Taught, centroid_LD: np.ndarray, params: IndexParams, rng: np.random.Generator
) -> tuple[np.ndarray, dict[str, float]]:
    """The text side's table of lists [L, E], and how it did on captions held out from it."""
    paired = pairs(opened, taught, params, 1 if params.router == "table" else params.router_neighbours, rng)
    text_ND = opened["text"].take(paired.caption_N)
    list_M = np.concatenate(
        [assign(image_ND, centroid_LD) for _, image_ND in opened["image"].blocks_of(paired.image_M)]
    )
    if params.router == "table":
        near_N = paired.near_NK[:, 0]
        return text_table(text_ND, opened["image"].take(paired.image_M[near_N]), list_M[near_N], centroid_LD), {}
    return linear_router(
        text_ND,
        list_M[paired.near_NK],
        centroid_LD,
        np.bincount(list_M, minlength=params.lists) / len(list_M),
        held_out=params.router_held_out,
        epochs=params.router_epochs,
        learning_rate=params.router_learning_rate,
        seed=params.seed,
    )


def _learn_codec(
    stored: Vectors, rows_N: np.ndarray, centroid_LD: np.ndarray, price_L: np.ndarray | None, params: IndexParams
) -> tuple[Any, np.ndarray | None]:
    empty = empty_lists(centroid_LD, params)
    if params.codec == "flat" and not params.centred:
        empty.is_trained = True
        return empty, None
    vector_ND = stored.take(thinned(rows_N, CODEC_TRAINING_ROWS))
    list_N = assign(vector_ND, centroid_LD) if price_L is None else chosen_lists(vector_ND, table(centroid_LD, price_L))
    if empty.by_residual:
        vector_ND = vector_ND - centroid_LD[list_N]
    centre_D = _centre(vector_ND) if params.centred else None
    train_lists_codec(empty, vector_ND if centre_D is None else vector_ND - centre_D, list_N)
    return empty, centre_D


def thinned(rows_N: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the rows, evenly spaced."""
    return rows_N if len(rows_N) <= most else rows_N[np.arange(most) * len(rows_N) // most]


def _learn_part(stored: Vectors, taught: Taught, params: IndexParams, rng: np.random.Generator) -> Learned:
    empty = empty_part(stored.width, params)
    if params.codec == "flat" and not params.centred:
        return Learned(empty)
    vector_ND = stored.take(taught.draw(CODEC_TRAINING_ROWS, rng))
    centre_D = _centre(vector_ND) if params.centred else None
    empty.train(vector_ND if centre_D is None else vector_ND - centre_D)
    return Learned(empty, centre_D=centre_D)


CODEC_TRAINING_ROWS = 65536
"""Most vectors that a codec, or the centre, learns from: 256 for each of 256 codewords."""


def _centre(vector_ND: np.ndarray) -> np.ndarray:
    return vector_ND.mean(axis=0, dtype=np.float64).astype(np.float32)

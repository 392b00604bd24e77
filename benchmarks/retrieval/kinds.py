"""What is compared: the kinds of index that the stage `index` builds, and controls made from its parts.

Shape legend: N = captions, M = images, L = lists, D = width, E = D + 1 (weights, then a bias).

A control keeps all of an `ivf` index but the one thing it changes, its lists or its way to them.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from components.index.build import build_index
from components.index.codecs import empty_lists
from components.index.learn import Pairs, kmeans, paired_lists, pairs
from components.index.params import IndexParams
from components.index.shards import Placing, add_block
from components.index.taught import Taught
from components.index.vectors import Vectors
from components.vector_index import VectorIndex, open_index

SPILL_MARGIN = 0.01
BALANCE_ROUNDS = 60
CAPTION_LINKS = 32
MODEL = "0" * 64
"""The vectors are measured as they are; which model made them does not matter here."""

Opened = dict[str, Vectors]
Control = Callable[[VectorIndex, Opened, Taught, IndexParams], VectorIndex]


@dataclass(frozen=True)
class Kind:
    """One row of the table."""

    changes: dict[str, Any] = field(default_factory=dict)
    """Settings of the section `index`."""
    control: Control | None = None
    """What is done to the built index."""


def opened_index(kind: Kind, opened: Opened, base: IndexParams, held_Q: np.ndarray, folder: Path) -> VectorIndex:
    """An index of the images, built in `folder` with the kind's settings and, where it names none, those of `base`.

    Raises:
        ValueError: the settings do not fit the vectors.
    """
    params = IndexParams.model_validate({**base.model_dump(), **PLAIN, **kind.changes})
    build_index(opened, "image", folder / "index", folder / "drafts", params, model_sha256=MODEL, held_Q=held_Q)
    index = open_index(folder / "index", model_sha256=MODEL)
    if kind.control is None:
        return index
    return kind.control(index, opened, Taught(opened["image"].rows, held_Q), params)


PLAIN = {
    "codec": "flat",
    "centred": False,
    "spill_margin": 0.0,
    "balance_rounds": 0,
    "hnsw_caption_links": 0,
    "on_disk": False,
}
"""Only the lists and the ways to them are compared."""


def mean_shifted(index: VectorIndex, opened: Opened, taught: Taught, params: IndexParams) -> VectorIndex:
    """Text queries choose lists as if moved by the mean gap g: <t - g, c> = <t, c> - <g, c>, a router without learning.

    Scores stay those of the query as it is, so that only the choice of lists differs.
    """
    gap_D = _mean(opened["text"], taught) - _mean(opened["image"], taught)
    centroid_LD = index.parts[0].quantizer.reconstruct_n(0, index.lists)
    shifted = copy.copy(index)
    shifted.router_LE = np.hstack([centroid_LD, -(centroid_LD @ gap_D)[:, None]]).astype(np.float32)
    return shifted


def randomly_paired(index: VectorIndex, opened: Opened, taught: Taught, params: IndexParams) -> VectorIndex:
    """Paired k-means whose captions were shuffled: what the pairing itself is worth."""
    rng = np.random.default_rng(params.seed)
    paired = pairs(opened, taught, params, 1, rng)
    shuffled = replace(paired, caption_N=rng.permutation(paired.caption_N))
    return with_lists(index, opened["image"], paired_lists(opened, shuffled, params), params)


def own_images(index: VectorIndex, opened: Opened, taught: Taught, params: IndexParams) -> VectorIndex:
    """Paired k-means with each caption's own image in place of its nearest."""
    rows = taught.draw(params.lists * params.train_vectors_per_list, np.random.default_rng(params.seed))
    own = Pairs(rows, rows, np.arange(len(rows))[:, None])
    return with_lists(index, opened["image"], paired_lists(opened, own, params), params)


def text_means(index: VectorIndex, opened: Opened, taught: Taught, params: IndexParams) -> VectorIndex:
    """Images in the lists of captions' k-means, for which no image was looked at."""
    rows = taught.draw(params.lists * params.train_vectors_per_list, np.random.default_rng(params.seed))
    return with_lists(index, opened["image"], kmeans(opened["text"].take(rows), params), params)


def with_lists(index: VectorIndex, stored: Vectors, centroid_LD: np.ndarray, params: IndexParams) -> VectorIndex:
    """The same index with its vectors in the lists of other centroids."""
    lists = empty_lists(centroid_LD, params)
    for first, block_MD in stored.blocks():
        add_block(lists, block_MD, first, Placing("ivf"))
    lists.ntotal = lists.invlists.compute_ntotal()
    other = copy.copy(index)
    other.parts = [lists]
    other.list_sizes_L = np.array([lists.invlists.list_size(number) for number in range(index.lists)])
    return other


KINDS: dict[str, Kind] = {
    "ivf": Kind({"kind": "ivf"}),
    "ivf-shifted": Kind({"kind": "ivf"}, mean_shifted),
    "paired": Kind({"kind": "paired"}),
    "paired-balanced": Kind({"kind": "paired", "balance_rounds": BALANCE_ROUNDS}),
    "routed-table": Kind({"kind": "routed", "router": "table"}),
    "routed-linear": Kind({"kind": "routed", "router": "linear"}),
    "routed-spill": Kind({"kind": "routed", "router": "linear", "spill_margin": SPILL_MARGIN}),
    "hnsw": Kind({"kind": "hnsw"}),
    "hnsw-captions": Kind({"kind": "hnsw", "hnsw_caption_links": CAPTION_LINKS}),
    "control-random-texts": Kind({"kind": "ivf"}, randomly_paired),
    "control-own-images": Kind({"kind": "ivf"}, own_images),
    "control-text-kmeans": Kind({"kind": "ivf"}, text_means),
}


def _mean(vectors: Vectors, taught: Taught) -> np.ndarray:
    rows = taught.at(np.arange(len(taught)))
    return np.asarray(vectors.take(rows).mean(axis=0, dtype=np.float64))

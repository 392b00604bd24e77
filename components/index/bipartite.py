"""Links of a graph that captions ask for: images that answer the same caption are linked, however far apart they lie.

Shape legend: N = images, C = captions, K = neighbours, D = width, S = places for links, image after image.

RoarGraph, 2024, https://arxiv.org/abs/2408.08933: captions and their exact nearest images are a bipartite graph, which
is projected on the images. A caption's nearest image stands for it and is linked to the others, chosen so that no link
is made needless by a shorter one. RoarGraph then makes the projection connected by searching it for every image; here
an HNSW graph is there already, and the links go into its free places on the lowest level. (FAISS's IndexNSG would take
the projection as a graph of neighbours, but prunes it again by the images' own distances, and found less with it.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from components.index.exact import nearest
from components.index.vectors import Vectors

BLOCK = 4096
"""Captions whose nearest images are sought at a time."""
PIVOTS = 256
"""Images whose candidates are read at a time."""
MOST_CANDIDATES = 256
"""Nearest candidates of an image that are compared with one another."""


@dataclass(frozen=True)
class Asking:
    """The captions that a graph is linked by."""

    text: Vectors
    caption_C: np.ndarray
    """Their rows."""
    neighbours: int
    """Exact nearest images of each."""
    links: int
    """Most links that an image gets."""


def link(graph: Any, stored: Vectors, first: int, end: int, asking: Asking) -> int:
    """Add links to an IndexHNSW of the rows `first` to `end`; how many found a free place."""
    hnsw, added = graph.hnsw, 0
    places = hnsw.nb_neighbors(0)
    linked_S = faiss.rev_swig_ptr(hnsw.neighbors.data(), hnsw.neighbors.size())  # the graph's own memory, no copy
    offset_N = faiss.vector_to_array(hnsw.offsets)
    for row, linked in projection(stored, first, end, asking):
        begin = int(offset_N[row])
        free = begin + np.flatnonzero(linked_S[begin : begin + places] < 0)
        new = np.setdiff1d(linked, linked_S[begin : begin + places], assume_unique=True)[: len(free)]
        linked_S[free[: len(new)]] = new
        added += len(new)
    return added


def projection(stored: Vectors, first: int, end: int, asking: Asking) -> Iterator[tuple[int, np.ndarray]]:
    """Images that are some caption's nearest, each with those it is linked to, nearest first; counted from `first`."""
    neighbours = min(asking.neighbours, end - first)
    near_CK = np.empty((len(asking.caption_C), neighbours), dtype=np.int32)  # less `first`: a shard has no 2^31 vectors
    for begin in range(0, len(near_CK), BLOCK):
        text_QD = asking.text.take(asking.caption_C[begin : begin + BLOCK])
        near_CK[begin : begin + BLOCK] = nearest(text_QD, stored.blocks(first, end), neighbours)[1] - first
    order_C = np.argsort(near_CK[:, 0], kind="stable")
    pivots, begins = np.unique(near_CK[order_C, 0], return_index=True)
    captions = np.split(order_C, begins[1:])
    for begin in range(0, len(pivots), PIVOTS):  # one read for many
        some = slice(begin, begin + PIVOTS)
        candidates = [np.setdiff1d(near_CK[c], [row]) for row, c in zip(pivots[some], captions[some], strict=True)]
        rows = np.unique(np.concatenate([pivots[some], *candidates]))
        vector_ND = stored.take(first + rows.astype(np.int64))
        for row, others in zip(pivots[some].tolist(), candidates, strict=True):
            pivot_D, other_ND = vector_ND[np.searchsorted(rows, row)], vector_ND[np.searchsorted(rows, others)]
            yield row, others[unoccluded(pivot_D, other_ND, asking.links)].astype(np.int64)


def unoccluded(pivot_D: np.ndarray, candidate_ND: np.ndarray, most: int) -> np.ndarray:
    """Places of at most `most` candidates, nearest first, each nearer to the pivot than to any kept before it."""
    cosine_N = candidate_ND @ pivot_D
    order = np.argsort(-cosine_N, kind="stable")[:MOST_CANDIDATES]
    candidate_ND, cosine_N = candidate_ND[order], cosine_N[order]
    kept: list[int] = []
    open_N = np.ones(len(order), dtype=bool)
    while len(kept) < most and open_N.any():
        kept.append(int(open_N.argmax()))
        open_N &= candidate_ND @ candidate_ND[kept[-1]] <= cosine_N
        open_N[kept[-1]] = False
    return order[kept]

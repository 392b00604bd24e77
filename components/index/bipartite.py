"""Links of a graph that captions ask for: images that answer the same caption are linked, however far apart they lie.

Shape legend: C = captions, K = neighbours, D = width, M = links.

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
    neighbour_ = faiss.vector_to_array(hnsw.neighbors)
    offset_N = faiss.vector_to_array(hnsw.offsets)
    for row, linked in projection(stored, first, end, asking):
        begin = int(offset_N[row - first])
        free = begin + np.flatnonzero(neighbour_[begin : begin + places] < 0)
        new = np.setdiff1d(linked - first, neighbour_[begin : begin + places], assume_unique=True)[: len(free)]
        neighbour_[free[: len(new)]] = new
        added += len(new)
    faiss.copy_array_to_vector(neighbour_, hnsw.neighbors)
    return added


def projection(stored: Vectors, first: int, end: int, asking: Asking) -> Iterator[tuple[int, np.ndarray]]:
    """Rows that are some caption's nearest image, and for each the rows it is linked to, nearest first."""
    neighbours = min(asking.neighbours, end - first)
    near_CK = np.concatenate(
        [
            nearest(text_ND, stored.blocks(first, end), neighbours)[1]
            for _, text_ND in asking.text.blocks_of(asking.caption_C)
        ]
    )
    order_C = np.argsort(near_CK[:, 0], kind="stable")
    pivots, begins = np.unique(near_CK[order_C, 0], return_index=True)
    for row, captions in zip(pivots.tolist(), np.split(order_C, begins[1:]), strict=True):
        candidates = np.setdiff1d(near_CK[captions], [row])
        vector_ND = stored.take(np.append(candidates, row))
        kept = unoccluded(vector_ND[-1], vector_ND[:-1], asking.links)
        yield row, candidates[kept]


def unoccluded(pivot_D: np.ndarray, candidate_ND: np.ndarray, most: int) -> np.ndarray:
    """Places of at most `most` candidates, nearest first, each nearer to the pivot than to any kept before it."""
    cosine_N = candidate_ND @ pivot_D
    order = np.argsort(-cosine_N, kind="stable")[:MOST_CANDIDATES]
    cosine_NN = candidate_ND[order] @ candidate_ND[order].T
    kept: list[int] = []
    for place, cosine in enumerate(cosine_N[order]):
        if len(kept) < most and (cosine_NN[place, kept] <= cosine).all():
            kept.append(place)
    return order[kept]

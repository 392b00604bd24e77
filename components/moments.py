"""Where a modality's cloud of vectors lies, and a query carried from one cloud to the other.

Shape legend: N = vectors, Q = queries, D = width. All rows have unit length.

The modality gap taken away after training: centring as in GR-CLIP, https://arxiv.org/abs/2507.19054, standardisation
as in I0T, https://arxiv.org/abs/2412.14384, here of the query alone, so that any index stays as it was built.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

BLOCK = 65_536
GapRemoval = Literal["none", "centred", "standardised"]


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of each coordinate over a modality's vectors, both float64 [D]."""

    mean_D: np.ndarray
    deviation_D: np.ndarray


def moments_of(vector_ND: np.ndarray) -> Moments:
    """The moments of vectors that may lie on disk: read once, block by block."""
    total_D, square_D = np.zeros(vector_ND.shape[1]), np.zeros(vector_ND.shape[1])
    for begin in range(0, len(vector_ND), BLOCK):
        block = np.asarray(vector_ND[begin : begin + BLOCK], dtype=np.float64)
        total_D += block.sum(axis=0)
        square_D += np.square(block).sum(axis=0)
    mean_D = total_D / max(1, len(vector_ND))
    return Moments(mean_D, np.sqrt(np.maximum(square_D / max(1, len(vector_ND)) - np.square(mean_D), 0)))


def carried(query_QD: np.ndarray, own: Moments, other: Moments, how: GapRemoval) -> np.ndarray:
    """Queries of one modality as if they were of the other, unit length, float32 [Q, D].

    `centred` moves them by the difference of the means; `standardised` also stretches each coordinate by the ratio of
    the deviations; a coordinate in which the own cloud is flat keeps its length.
    """
    if how == "none":
        return query_QD
    stretch_D = np.ones_like(own.mean_D)
    if how == "standardised":
        flat_D = own.deviation_D < FLAT
        stretch_D = np.where(flat_D, 1, other.deviation_D / np.where(flat_D, 1, own.deviation_D))
    moved_QD = (query_QD - own.mean_D) * stretch_D + other.mean_D
    return (moved_QD / np.linalg.norm(moved_QD, axis=1, keepdims=True).clip(min=1e-12)).astype(np.float32)


FLAT = 1e-6


def save(image: Moments, text: Moments, file: Path) -> None:
    """Both modalities' moments, float64 [4, D]: mean and deviation of the images, then of the texts."""
    np.save(file, np.stack([image.mean_D, image.deviation_D, text.mean_D, text.deviation_D]))


def load(file: Path) -> dict[str, Moments]:
    """The moments that `save` wrote, by modality."""
    rows = np.load(file)
    return {"image": Moments(rows[0], rows[1]), "text": Moments(rows[2], rows[3])}

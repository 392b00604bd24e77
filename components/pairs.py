"""Batches of image–text pairs, augmented and composed as they are drawn.

Shape legend: B = pairs in a batch, H, W = pixels, T = context length, M = rows that may become partners.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from components.augment import augment
from components.composition import NOBODY, Axis, compose, draw_partners
from components.learning import Augmentation
from components.tokens import TokenTable


@dataclass(frozen=True)
class Composition:
    """How often pairs are composed, along which axis, and with whom."""

    rate: float
    """Share of a batch's pairs that become compositions, 0 to 1."""
    axis: Axis
    pool_M: Tensor
    """Rows that may be part of a composition."""
    group_N: Tensor
    """A number for every row; two rows of one group are never composed."""


@dataclass(frozen=True)
class Batch:
    """What one step sees; `image_BCHW` is float32 in [0, 1], not yet normalised."""

    row_B: Tensor
    image_BCHW: Tensor
    token_BT: Tensor
    composed_B: Tensor
    """True where the pair is a composition."""

    def same_caption(self) -> Tensor:
        """[B, B], true where two rows carry the very same caption, so that neither is the other's negative."""
        return (self.token_BT[:, None] == self.token_BT[None]).all(dim=2)


def row_batches(rows: int, batch: int, generator: Generator) -> Iterator[Tensor]:
    """Endless batches of row numbers: every row once per epoch, in a fresh order, no short batch within an epoch.

    Raises:
        ValueError: there are fewer rows than a batch needs.
    """
    if rows < 2:
        raise ValueError(f"There are {rows} pairs to learn from, and contrast needs at least 2. Widen the selection.")
    batch = min(batch, rows)
    while True:
        order = torch.randperm(rows, generator=generator)
        yield from order[: rows - rows % batch].split(batch)


def pair_batches(
    pixels: np.ndarray,
    tokens: TokenTable,
    batches: Iterator[Tensor],
    how: Augmentation,
    composition: Composition,
    generator: Generator,
) -> Iterator[Batch]:
    """Turn batches of rows of `pixels` uint8 [N, 3, H, W] into augmented and partly composed pairs."""
    for row_B in batches:
        image_BCHW = augment(_images(pixels, row_B), how, generator)
        token_BT = tokens.plain(row_B)
        partner_B = draw_partners(row_B, composition.pool_M, composition.group_N, generator)
        willing_B = torch.rand(len(row_B), generator=generator) < composition.rate
        composed_B = willing_B & (partner_B != NOBODY) & torch.isin(row_B, composition.pool_M)
        if composed_B.any():
            second_B = partner_B[composed_B]
            partners = augment(_images(pixels, second_B), how, generator)
            image_BCHW[composed_B] = compose(image_BCHW[composed_B], partners, composition.axis, generator)
            token_BT[composed_B] = tokens.joined(row_B[composed_B], second_B)
        yield Batch(row_B, image_BCHW, token_BT, composed_B)


def _images(pixels: np.ndarray, row_B: Tensor) -> Tensor:
    return torch.from_numpy(pixels[row_B.numpy()]).float().div_(255)

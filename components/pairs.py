"""Batches of image–text pairs, augmented and composed as they are drawn.

Shape legend: B = pairs in a batch, H, W = pixels, T = context length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from components.augment import augment
from components.composition import compose, joins_captions, shows_partner
from components.learning import Augmentation
from components.meetings import Composition, draw_meetings
from components.partners import NOBODY
from components.tokens import TokenTable


@dataclass(frozen=True)
class Batch:
    """What one step sees; `image_BCHW` is float32 in [0, 1], not yet normalised."""

    row_B: Tensor
    image_BCHW: Tensor
    token_BT: Tensor
    partner_B: Tensor
    """Row that each pair was composed with (or what a control makes of that), NOBODY where a pair stands alone."""

    @property
    def composed_B(self) -> Tensor:
        """True where the pair is a composition."""
        return self.partner_B != NOBODY

    def names(self, id_N: Sequence[str]) -> list[str]:
        """Each pair by its record's id, a composition as `first+partner`."""
        pairs = zip(self.row_B.tolist(), self.partner_B.tolist(), strict=True)
        return [id_N[row] if partner == NOBODY else f"{id_N[row]}+{id_N[partner]}" for row, partner in pairs]

    def same_caption(self) -> Tensor:
        """[B, B], true where two rows carry the very same caption, so that neither is the other's negative."""
        caption_B = self.token_BT.unique(dim=0, return_inverse=True)[1]
        return caption_B[:, None] == caption_B[None]


def pair_batches(
    pixels: np.ndarray,
    tokens: TokenTable,
    batches: Iterator[Tensor],
    how: Augmentation,
    composition: Composition,
    generator: Generator,
) -> Iterator[Batch]:
    """Turn batches of rows of `pixels` uint8 [N, 3, H, W] into augmented and partly composed pairs.

    Each half of a composition comes from an augmented view of its own. Nothing is drawn ahead: between two batches
    `batches` and `generator` hold all the state there is.
    """
    for row_B in batches:
        image_BCHW = augment(_images(pixels, row_B), how, generator)
        token_BT = tokens.plain(row_B)
        met = draw_meetings(composition, row_B, generator)
        if len(met.place_W) and shows_partner(composition.kind):
            partners = augment(_images(pixels, met.partner_W), how, generator)
            image_BCHW[met.place_W] = compose(image_BCHW[met.place_W], partners, composition.axis, generator)
        if len(met.place_W) and joins_captions(composition.kind):
            token_BT[met.place_W] = tokens.joined(met.first_W, met.speaker_W)
        partner_B = torch.full_like(row_B, NOBODY)
        partner_B[met.place_W] = met.partner_W
        yield Batch(row_B, image_BCHW, token_BT, partner_B)


def _images(pixels: np.ndarray, row_B: Tensor) -> Tensor:
    return torch.from_numpy(pixels[row_B.numpy()]).float().div_(255)

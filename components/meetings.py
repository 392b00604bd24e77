"""The compositions of a batch: which of its pairs are composed, with whose picture and with whose words.

Shape legend: N = rows of the table, B = rows in a batch, W = rows that are composed, M = rows that may compose,
G = groups of rows that the rules treat alike.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from components.composition import Axis, Kind
from components.outputs import read_json
from components.partners import NOBODY, CaptionSimilarity, Partners


@dataclass(frozen=True)
class Composition:
    """How often pairs are composed, how, and with whom."""

    rate: float
    """Share of a batch's pairs that become compositions, 0 to 1."""
    axis: Axis
    pool_M: Tensor
    """Rows that may be part of a composition."""
    group_N: Tensor
    """A number for every row; the rules treat the rows of one group alike."""
    meets_GG: Tensor | None = None
    """True where two groups may meet; None where any two different ones may."""
    similarity: CaptionSimilarity | None = None
    kind: Kind = "clip_c"
    partner_N: Tensor | None = None
    """With `fixed_partners`, each row's only partner, or NOBODY."""
    caption_N: Tensor | None = None
    """With `mismatched_second_caption`, a number for each row's caption; equal captions have equal numbers."""

    def among(self, row_N: Tensor) -> Self:
        """The same rules where none but these rows may be part of a composition."""
        partner_N = self.partner_N
        if partner_N is not None:
            partner_N = torch.where(torch.isin(partner_N, row_N), partner_N, NOBODY)
        return replace(self, pool_M=self.pool_M[torch.isin(self.pool_M, row_N)], partner_N=partner_N)

    @cached_property
    def partners(self) -> Partners:
        """Who may meet whom, ready to be drawn from."""
        meets_GG = self.meets_GG
        if meets_GG is None:
            meets_GG = ~torch.eye(int(self.group_N.max()) + 1, dtype=torch.bool)
        return Partners(self.pool_M, self.group_N, meets_GG, self.similarity)


@dataclass(frozen=True)
class Meetings:
    """The composed pairs of a batch, by row of the table; `place_W` is where they stand in the batch."""

    place_W: Tensor
    first_W: Tensor
    partner_W: Tensor
    """Whose picture is the second half."""
    speaker_W: Tensor
    """Whose caption follows the first: the partner's, but for `mismatched_second_caption`."""


def anyone(rate: float, axis: Axis, rows: int) -> Composition:
    """CLIP-C without rules: every row may meet every other."""
    return Composition(
        rate, axis, torch.arange(rows), torch.zeros(rows, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool)
    )


def draw_meetings(composition: Composition, row_B: Tensor, generator: Generator) -> Meetings:
    """Which rows of the batch are composed this time, and with whom; nobody meets a row of the batch."""
    willing_B = torch.rand(len(row_B), generator=generator) < composition.rate
    place_W = willing_B.nonzero().flatten()
    first_W = row_B[place_W]
    if composition.kind == "fixed_partners":
        assert composition.partner_N is not None, "fixed_partners needs the plan's partners"
        partner_W = composition.partner_N[first_W]
        partner_W = torch.where(torch.isin(partner_W, row_B), NOBODY, partner_W)
    else:
        partner_W = composition.partners.draw(first_W, row_B, generator)
    speaker_W = partner_W
    if composition.kind == "mismatched_second_caption":
        assert composition.caption_N is not None, "mismatched_second_caption needs the captions' numbers"
        speaker_W = composition.partners.draw_other(first_W, row_B, partner_W, composition.caption_N, generator)
    met_W = speaker_W != NOBODY
    return Meetings(place_W[met_W], first_W[met_W], partner_W[met_W], speaker_W[met_W])


def read_composition(plan: Path) -> Composition:
    """The plan that `compose` wrote, as batches want it.

    Reads `plan.json`, `plan.parquet`, `meets.npy` and, where captions must be like or unlike, `captions.npy`.
    """
    values, rows = read_json(plan / "plan.json"), pd.read_parquet(plan / "plan.parquet")
    may_compose, group, partner, caption = (
        torch.from_numpy(rows[name].to_numpy().copy()) for name in ("may_compose", "group", "partner", "caption")
    )
    similarity = None
    if values["caption_similarity"]:
        text_ND = torch.from_numpy(np.load(plan / "captions.npy"))
        similarity = CaptionSimilarity(text_ND, **values["caption_similarity"])
    return Composition(
        values["rate"],
        values["axis"],
        may_compose.nonzero().flatten(),
        group,
        torch.from_numpy(np.load(plan / "meets.npy")),
        similarity,
        values["kind"],
        partner,
        caption,
    )

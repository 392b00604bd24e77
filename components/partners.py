"""Who may meet whom in a composition, arranged so that a partner is drawn evenly from all that may, in one search.

Shape legend: N = rows of the table, M = rows that may compose, G = groups of rows that the rules treat alike,
B = rows that look for a partner, D = width of the caption vectors.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

NOBODY = -1
REDRAWS = 16
"""Draws before a row stays alone. Only what the groups do not know can refuse a draw: the batch and the similarity."""
MOST_GROUPS = 4096
"""A table of groups by groups is kept: this many take 150 MB."""


@dataclass(frozen=True)
class CaptionSimilarity:
    """Two captions may meet whose cosine lies within limits."""

    text_ND: Tensor
    """Unit vectors of the captions, float16: a cosine is right to 0.001."""
    least: float
    most: float

    def allows(self, first_B: Tensor, second_B: Tensor) -> Tensor:
        """[B], true where rows `first_B` and `second_B` are neither too far from each other nor too near."""
        return self.within((self.text_ND[first_B].float() * self.text_ND[second_B].float()).sum(dim=1))

    def within(self, cosine: Tensor) -> Tensor:
        """True where a cosine lies within the limits; a limit at the end of the range refuses nothing."""
        enough = cosine >= self.least if self.least > -1 else torch.ones_like(cosine, dtype=torch.bool)
        return enough & (cosine <= self.most) if self.most < 1 else enough


class Partners:
    """Draws partners under the rules.

    Args:
        pool_M: rows that may be part of a composition.
        group_N: each row's group, 0 to G - 1.
        meets_GG: true where a row of one group may meet a row of the other; symmetric.
        similarity: what the captions must be to each other besides; None for anything.

    Raises:
        ValueError: there are more groups than a table of groups by groups is kept for.
    """

    def __init__(self, pool_M: Tensor, group_N: Tensor, meets_GG: Tensor, similarity: CaptionSimilarity | None = None):
        groups = len(meets_GG)
        if groups > MOST_GROUPS:
            raise ValueError(
                f"The rules of composition tell {groups:,} groups of images apart, and at most {MOST_GROUPS:,} can be "
                "kept. Loosen compose.rules in params.yaml: fewer names in pairs, or across_labels: false."
            )
        self.group_N, self.similarity = group_N, similarity
        self.pool_M = pool_M[group_N[pool_M].argsort(stable=True)]
        self.may_compose_N = torch.zeros(len(group_N), dtype=torch.bool)
        self.may_compose_N[pool_M] = True
        size_G = torch.bincount(group_N[pool_M], minlength=groups)
        weight_GG = torch.where(meets_GG, size_G, 0)
        self.candidates_G = weight_GG.sum(dim=1)
        """Rows that a row of each group may meet; itself among them where its group meets itself."""
        self._begin_G = size_G.cumsum(0) - size_G
        self._before = torch.cat([torch.zeros(1, dtype=torch.long), weight_GG.flatten().cumsum(0)])

    def draw(self, first_B: Tensor, batch: Tensor, generator: Generator) -> Tensor:
        """For each row of `first_B` an even draw from its partners, not itself and not in `batch`; [B], or NOBODY.

        A partner that also stood alone in the batch would be a false negative. A row that may not compose, or whose
        REDRAWS draws are all refused, stays alone. The generator moves by the same amount whatever is refused.
        """
        return self._draw(first_B, batch, generator, torch.ones(len(first_B), dtype=torch.bool), None, None)

    def draw_other(
        self, first_B: Tensor, batch: Tensor, partner_B: Tensor, caption_N: Tensor, generator: Generator
    ) -> Tensor:
        """A second draw for those that have a partner: a row whose caption (`caption_N`, its number) is another."""
        return self._draw(first_B, batch, generator, partner_B != NOBODY, partner_B, caption_N)

    def _draw(
        self,
        first_B: Tensor,
        batch: Tensor,
        generator: Generator,
        wanted_B: Tensor,
        partner_B: Tensor | None,
        caption_N: Tensor | None,
    ) -> Tensor:
        chance_RB = torch.rand(REDRAWS, len(first_B), generator=generator, dtype=torch.float64)
        drawn_B = torch.full_like(first_B, NOBODY)
        standing_N = torch.zeros(len(self.group_N), dtype=torch.bool)
        standing_N[batch] = True
        able_B = wanted_B & self.may_compose_N[first_B] & (self.candidates_G[self.group_N[first_B]] > 0)
        waiting = able_B.nonzero().flatten()
        for chance_B in chance_RB:  # rounds, never samples: after the first a few rows are left
            if not len(waiting):
                break
            first, candidate = first_B[waiting], self._evenly(first_B[waiting], chance_B[waiting])
            fits = ~standing_N[candidate] & (candidate != first)
            if self.similarity is not None:
                fits &= self.similarity.allows(first, candidate)
            if partner_B is not None and caption_N is not None:
                fits &= caption_N[candidate] != caption_N[partner_B[waiting]]
            drawn_B[waiting[fits]] = candidate[fits]
            waiting = waiting[~fits]
        return drawn_B

    def _evenly(self, first_B: Tensor, chance_B: Tensor) -> Tensor:
        """The candidate at `chance_B`, in [0, 1), of the way through all rows that the groups of `first_B` may meet.

        The candidates of all groups stand in one long line, group by group; a search in the running totals of its
        cells (a group's candidates of one other group) finds the place.
        """
        groups = len(self.candidates_G)
        group_B = self.group_N[first_B]
        candidates_B = self.candidates_G[group_B]
        nth_B = (chance_B * candidates_B).long().clamp_max(candidates_B - 1)
        place_B = self._before[group_B * groups] + nth_B
        cell_B = torch.searchsorted(self._before[1:], place_B, right=True)
        return self.pool_M[self._begin_G[cell_B % groups] + place_B - self._before[cell_B]]

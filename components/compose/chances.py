"""How often each image is expected to find a partner, and to be drawn as one; and what similarity refuses.

The draw itself is `components.partners`: up to REDRAWS even draws from what an image's group may meet. The batch, from
which nobody is drawn, is left out of the reckoning: it keeps any image away as often as any other.

Shape legend: N = selected images, G = groups, M = images that may compose, S = images that are looked at, D = width.
"""

from dataclasses import dataclass

import numpy as np
import torch

from components.compose.groups import Groups
from components.partners import NOBODY, REDRAWS, CaptionSimilarity

BLOCK = 256
"""Images whose similarity to all others is in memory at once."""


@dataclass(frozen=True)
class Chances:
    """What an epoch is expected to bring at a rate of 1."""

    with_partner_share: float
    """Share of the selected images that have a partner under the rules."""
    composed_share: float
    """Share of the selected images that are composed: those with a partner, less what REDRAWS draws do not find."""
    drawn_N: np.ndarray
    """How often each image is drawn as a partner."""


def by_groups(groups: Groups, may_compose_N: np.ndarray) -> Chances:
    """Exact, where the groups know all the rules."""
    meets_GG = groups.meets_GG.astype(float)
    itself_G, candidates_G = np.diag(meets_GG), meets_GG @ groups.size_G
    fits_G = np.where(groups.size_G > 0, candidates_G - itself_G, 0)
    found_G = _found(fits_G, candidates_G)
    each_G = found_G / np.maximum(fits_G, 1)  # the chance of one partner
    drawn_G = (groups.size_G * each_G) @ meets_GG - itself_G * each_G
    images = len(may_compose_N)
    return Chances(
        float(groups.size_G @ (fits_G > 0)) / images,
        float(groups.size_G @ found_G) / images,
        drawn_G[groups.group_N] * may_compose_N,
    )


def by_similarity(
    groups: Groups,
    may_compose_N: np.ndarray,
    similarity: CaptionSimilarity,
    looked_at_S: np.ndarray,
) -> tuple[Chances, dict[str, object]]:
    """Chances, and how many pairs similarity refuses: of `looked_at_S`, images that may compose, with all the others.

    Exact if all are looked at; else an estimate from those.
    """
    pool_M = np.flatnonzero(may_compose_N)
    text_MD = similarity.text_ND[pool_M].float()
    group_M, meets_GG = torch.from_numpy(groups.group_N[pool_M]), torch.from_numpy(groups.meets_GG)
    drawn_M = torch.zeros(len(pool_M), dtype=torch.float64)
    far = near = alone = with_partner = 0
    composed = 0.0
    for begin in range(0, len(looked_at_S), BLOCK):
        first_B = torch.from_numpy(looked_at_S[begin : begin + BLOCK])
        other_BM = first_B[:, None] != torch.from_numpy(pool_M)[None]
        cosine_BM = similarity.text_ND[first_B].float() @ text_MD.T
        candidate_BM = meets_GG[torch.from_numpy(groups.group_N)[first_B]][:, group_M]
        within_BM = similarity.within(cosine_BM)
        fits_BM = candidate_BM & within_BM & other_BM
        fits_B, candidates_B = fits_BM.sum(dim=1).double(), candidate_BM.sum(dim=1).double()
        found_B = torch.from_numpy(_found(fits_B.numpy(), candidates_B.numpy()))
        drawn_M += (found_B / fits_B.clamp_min(1)) @ fits_BM.double()
        with_partner += int((fits_B > 0).sum())
        composed += float(found_B.sum())
        refused_BM = ~within_BM & other_BM
        far += int((refused_BM & (cosine_BM < similarity.least)).sum())
        near += int((refused_BM & (cosine_BM > similarity.most)).sum())
        alone += int((refused_BM & candidate_BM).sum())
    seen, images = max(1, len(looked_at_S)), len(may_compose_N)
    drawn_N = np.zeros(images)
    drawn_N[pool_M] = drawn_M.numpy() * len(pool_M) / seen
    eligible_share = len(pool_M) / images
    chances = Chances(eligible_share * with_partner / seen, eligible_share * composed / seen, drawn_N)
    return chances, _similarity_counts(far, near, alone, len(looked_at_S), len(pool_M))


def of_fixed(partner_N: np.ndarray) -> Chances:
    """Exact, where each image has one partner for good."""
    has_N = partner_N != NOBODY
    return Chances(
        float(has_N.mean()), float(has_N.mean()), np.bincount(partner_N[has_N], minlength=len(partner_N)).astype(float)
    )


def _found(fits: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """The chance that REDRAWS even draws from `candidates` hit one of those that fit."""
    return 1 - (1 - fits / np.maximum(candidates, 1)) ** REDRAWS


def _similarity_counts(far: int, near: int, alone: int, looked_at: int, images: int) -> dict[str, object]:
    """Pairs among all if every image was looked at (each pair was seen from both ends), else among those seen."""
    whole = looked_at == images
    seen = looked_at * (images - 1)
    ends = 2 if whole else 1
    return {
        "images_looked_at": looked_at,
        "of_images": images,
        "pairs_looked_at": seen // ends,
        "too_far": far // ends,
        "too_near": near // ends,
        "by_it_alone": alone // ends,
        "refused_share": (far + near) / max(1, seen),
    }

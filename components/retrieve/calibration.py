"""How far the vectors are to be believed, rank by rank: as far as the captions' words bear them out.

The first of a label's neighbours are often right, the four-hundredth seldom, and where the curve falls depends on how
much the base knows of the task and on how many pictures of a label the corpus has. No true label is needed to draw it.
A caption that names a label is nearly always right, and how many captions are silent is the same at every rank; so

    trust(rank) = n(first) / m(first) * n(rank) / n(first)

where n is the share of finds whose captions name the label itself, made to fall (isotonic), and m the share whose
captions name any label of the task. The first factor says how far the best finds are right where captions speak at
all, the second how that falls. Captions that are silent at random change neither.

Isotonic regression: Zadrozny and Elkan 2002, https://doi.org/10.1145/775047.775151

Shape legend: P = queries of one label, K = neighbours of one query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.isotonic import IsotonicRegression

from components.fusion import Evidence

WORDS = "words"
LEAST_NAMED = 30
"""Images that captions must name before they may judge: a share of thirty has a standard error of nine points."""


@dataclass(frozen=True)
class Trust:
    """What the words say of one kind of vectors."""

    at_first: float
    """How far its best finds are to be believed, 0 to 1."""
    fall_K: np.ndarray
    """What is left of that at each rank, 1 at the first."""


def borne_out(
    found: Sequence[Sequence[Evidence]], named: Sequence[np.ndarray], least_named: int = LEAST_NAMED
) -> dict[str, Trust]:
    """The trust in each kind of vectors; nothing where captions name fewer than `least_named` images.

    Labels that no caption names say nothing and are left out. A kind of which no find is borne out has no trust at all.

    Args:
        found: for each label in turn what every kind of evidence says of it.
        named: for each label the rows whose captions name it.
    """
    any_N = np.unique(np.concatenate(named)) if len(named) else np.empty(0, dtype=np.int64)
    if len(any_N) < least_named:
        return {}
    finds: dict[str, list[np.ndarray]] = {}
    for evidence, row_N in zip(found, named, strict=True):
        for each in evidence if len(row_N) else ():
            if each.kind != WORDS:
                sides = (each.row_PK >= 0, np.isin(each.row_PK, row_N), np.isin(each.row_PK, any_N))
                finds.setdefault(each.kind, []).append(np.stack([side.sum(axis=0) for side in sides]))
    return {kind: _trust(*np.sum(counts, axis=0)) for kind, counts in sorted(finds.items())}


def _trust(found_K: np.ndarray, own_K: np.ndarray, any_K: np.ndarray) -> Trust:
    """From how many finds there are at each rank, whose captions name the label itself, and any label."""
    share_K = own_K / np.maximum(found_K, 1)
    falling_K = IsotonicRegression(increasing=False).fit_transform(np.arange(len(share_K)), share_K)
    if falling_K[0] == 0:
        return Trust(0.0, np.ones(len(share_K)))
    first_K = falling_K == falling_K[0]  # ranks that are as good as the first
    return Trust(float(own_K[first_K].sum() / any_K[first_K].sum()), falling_K / falling_K[0])


def believed(
    found: Sequence[Sequence[Evidence]], named: Sequence[np.ndarray], trusts: Mapping[str, Trust]
) -> list[list[Evidence]]:
    """The same evidence, that of vectors weighed by the trust in them.

    Where the words find nothing of a label that no caption names, they are no evidence: its vectors are all there is.
    """
    return [
        [_weighed(each, trusts) for each in evidence if len(row_N) or not trusts or not _is_silent(each)]
        for evidence, row_N in zip(found, named, strict=True)
    ]


def _is_silent(evidence: Evidence) -> bool:
    return evidence.kind == WORDS and not (evidence.row_PK >= 0).any()


def _weighed(evidence: Evidence, trusts: Mapping[str, Trust]) -> Evidence:
    trust = trusts.get(evidence.kind)
    return evidence if trust is None else replace(evidence, trust_K=trust.at_first * trust.fall_K)

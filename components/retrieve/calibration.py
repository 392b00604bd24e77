"""How far the vectors are to be believed: as often as the captions' words confirm what they find at that rank.

The first of a label's neighbours are often right, the four-hundredth seldom, and where the curve falls depends on how
much the base knows of the task and on how many pictures of a label the corpus has. No true label is needed to draw it:
a caption that names the label is nearly always right, and how many captions name nothing is the same at every rank.

Isotonic regression: Zadrozny and Elkan 2002, https://doi.org/10.1145/775047.775151

Shape legend: P = queries of one label, K = neighbours of one query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from sklearn.isotonic import IsotonicRegression

from components.fusion import Evidence


def confirmed_by_words(found: Sequence[Sequence[Evidence]], named: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """For each kind of vectors the share, by rank [K], of its finds whose captions name the label; it never rises.

    Labels that no caption names say nothing and are left out; where no label is named there is no curve at all.

    Args:
        found: for each label in turn what every kind of evidence says of it.
        named: for each label the rows whose captions name it.
    """
    confirmed: dict[str, list[np.ndarray]] = {}
    for evidence, row_N in zip(found, named, strict=True):
        for each in evidence if len(row_N) else ():
            if each.kind != "words":
                confirmed.setdefault(each.kind, []).append(np.isin(each.row_PK, row_N))
    return {kind: _falling(np.concatenate(finds_PK).mean(axis=0)) for kind, finds_PK in sorted(confirmed.items())}


def believed(
    found: Sequence[Sequence[Evidence]], named: Sequence[np.ndarray], curves: Mapping[str, np.ndarray]
) -> list[list[Evidence]]:
    """The same evidence, that of vectors weighed by their curves; labels that no caption names keep all of it."""
    return [
        [replace(each, trust_K=curves[each.kind]) if each.kind in curves and len(row_N) else each for each in evidence]
        for evidence, row_N in zip(found, named, strict=True)
    ]


def _falling(share_K: np.ndarray) -> np.ndarray:
    fitted = IsotonicRegression(increasing=False).fit_transform(np.arange(len(share_K)), share_K)
    return np.asarray(fitted, dtype=np.float64)

"""Images that the rules treat alike are one group; who may meet whom is a table of groups.

Shape legend: N = selected images, G = groups, R = rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.compose.rules import PairRule
from components.params import ParamsError
from components.partners import MOST_GROUPS


@dataclass(frozen=True)
class Groups:
    """The rules about pairs, in their shortest form."""

    group_N: np.ndarray
    """Each image's group, 0 to G - 1."""
    size_G: np.ndarray
    """Images of each group that may compose."""
    meets_GG: np.ndarray
    """Which two groups may meet under all rules."""
    refuses: dict[str, np.ndarray]
    """For each rule, by name, bool [G, G]: which two groups it keeps apart."""
    what: pd.DataFrame
    """What the images of each group have in common, in the words of the rules: a row a group, a column a rule."""


def groups_of(rules: Sequence[PairRule], may_compose_N: np.ndarray) -> Groups:
    """The coarsest groups whose images no rule tells apart.

    Raises:
        ParamsError: there are more than a table of groups by groups is kept for.
    """
    alike = [np.unique(rule.refuses_KK, axis=0, return_inverse=True)[1].reshape(-1) for rule in rules]
    class_NR = np.zeros((len(may_compose_N), 1 + len(rules)), dtype=np.int64)  # the first is for no rules at all
    for number, (rule, alike_K) in enumerate(zip(rules, alike, strict=True), start=1):
        class_NR[:, number] = alike_K[rule.code_N]
    class_GR, group_N = np.unique(class_NR, axis=0, return_inverse=True)
    if len(class_GR) > MOST_GROUPS:
        raise ParamsError(
            f"params.yaml: compose.rules tell {len(class_GR):,} groups of images apart, and at most {MOST_GROUPS:,} "
            "can be kept. Name fewer sources, licences and attributes, or set compose.rules.across_labels to false."
        )
    group_N = group_N.reshape(-1)
    refuses, what = {}, {}
    for number, (rule, alike_K) in enumerate(zip(rules, alike, strict=True), start=1):
        one_of = np.unique(alike_K, return_index=True)[1]  # any thing of a class stands for all of it
        thing_G = one_of[class_GR[:, number]]
        refuses[rule.name] = rule.refuses_KK[np.ix_(thing_G, thing_G)]
        called = [" | ".join(np.array(rule.what_K, dtype=object)[alike_K == each]) for each in range(len(one_of))]
        what[rule.name] = [called[each] for each in class_GR[:, number]]
    size_G = np.bincount(group_N[may_compose_N], minlength=len(class_GR))
    meets_GG = ~np.logical_or.reduce([np.zeros((len(size_G), len(size_G)), dtype=bool), *refuses.values()])
    return Groups(group_N, size_G, meets_GG, refuses, pd.DataFrame(what, index=range(len(class_GR))))


def pair_counts(groups: Groups) -> dict[str, object]:
    """How many of all pairs of images that may compose are refused, by each rule and by each alone; exact."""
    images = int(groups.size_G.sum())
    refusing_GG = np.sum([np.zeros((len(groups.size_G),) * 2, dtype=np.int64), *groups.refuses.values()], axis=0)
    return {
        "all": images * (images - 1) // 2,
        "met": pairs_in(groups.meets_GG, groups.size_G),
        "refused": {
            name: {
                "pairs": pairs_in(refuses_GG, groups.size_G),
                "by_it_alone": pairs_in(refuses_GG & (refusing_GG == 1), groups.size_G),
            }
            for name, refuses_GG in groups.refuses.items()
        },
    }


def pairs_in(mask_GG: np.ndarray, size_G: np.ndarray) -> int:
    """Unordered pairs of two different images whose groups stand in a symmetric `mask_GG`."""
    mask_GG, size_G = mask_GG.astype(np.int64), size_G.astype(np.int64)
    return int(size_G @ mask_GG @ size_G - np.diag(mask_GG) @ size_G) // 2

"""The plan of compositions: who may meet whom under the rules, and what that does to the data.

Shape legend: N = selected images, D = width of the caption vectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from components.compose.balance import Shares, obey_limits, refuse_nothing_left, shares
from components.compose.chances import Chances, by_groups, by_similarity, of_fixed
from components.compose.groups import Groups, groups_of, pair_counts
from components.compose.params import ComposeParams
from components.compose.rules import COLUMNS, NO_CAPTION, image_refusals, pair_rules
from components.composition import joins_captions
from components.meetings import Composition
from components.outputs import write_json, write_table
from components.partners import CaptionSimilarity

IMAGE_RULES = (*(f"{name}.excluded" for name in COLUMNS), NO_CAPTION)


@dataclass(frozen=True)
class Plan:
    """Who may meet whom, and the account of it."""

    composition: Composition
    rows: pd.DataFrame
    """One row for each selected image, in order: `id`, `may_compose`, `refused_by` (a rule or empty), `group`,
    `partner` (a row's number with `fixed_partners`, else -1), `caption` (equal captions have equal numbers)."""
    groups: Groups
    pairs: dict[str, Any]
    """How many pairs there are, meet, and are refused by each rule."""
    chances: Chances
    shares: Shares

    @property
    def refused(self) -> dict[str, int]:
        """Images that each rule keeps from all compositions."""
        return {rule: int((self.rows["refused_by"] == rule).sum()) for rule in IMAGE_RULES}


def make_plan(selection: pd.DataFrame, text_ND: np.ndarray | None, params: ComposeParams) -> Plan:
    """The plan for a selection.

    Args:
        text_ND: unit vectors of the captions, rows as in `selection`; may be None if no similarity is asked for.

    Raises:
        ParamsError: a rule names what the selection does not have.
        ValueError: nothing is left to compose, or a limit of `compose.limits` is broken; never with rate 0.
    """
    refused_by = image_refusals(selection, params.rules)
    may_compose_N = refused_by == ""
    groups = groups_of(pair_rules(selection, params.rules), may_compose_N)
    similarity = None
    if params.rules.caption_similarity.in_force:
        assert text_ND is not None
        limits = params.rules.caption_similarity
        similarity = CaptionSimilarity(centred(text_ND), limits.least, limits.most)
    rows = pd.DataFrame({"id": selection["id"], "may_compose": may_compose_N, "refused_by": refused_by.astype(str)})
    rows["group"], rows["partner"] = groups.group_N, -1
    rows["caption"] = pd.factorize(selection["caption"])[0]
    composition = composition_of(rows, groups, similarity, params)
    if params.kind == "fixed_partners":
        composition = with_fixed_partners(composition, params.seed)
        assert composition.partner_N is not None
        rows["partner"] = composition.partner_N.numpy()
    chances, pairs = reckon(composition, groups, may_compose_N, params)
    plan = Plan(composition, rows, groups, pairs, chances, shares(selection, chances, params.rate))
    if params.rate > 0:
        refuse_nothing_left(len(selection), chances, plan.refused | refused_pairs(pairs), params)
        something_to_say(selection[may_compose_N], params)
        obey_limits(plan.shares, chances, plan.refused, params.limits)
    return plan


def centred(text_ND: np.ndarray) -> torch.Tensor:
    """Unit vectors without what all captions have in common, float16, so that unrelated ones have cosines about 0.

    A model's texts lie in a narrow cone; how narrow differs from model to model, and a limit must not.
    """
    apart_ND = torch.from_numpy(text_ND).double()
    return F.normalize(apart_ND - apart_ND.mean(dim=0), dim=1).half()


def composition_of(
    rows: pd.DataFrame, groups: Groups, similarity: CaptionSimilarity | None, params: ComposeParams
) -> Composition:
    """The plan as `train` will draw from it."""
    may_compose, group, partner, caption = (
        torch.from_numpy(rows[name].to_numpy().copy()) for name in ("may_compose", "group", "partner", "caption")
    )
    meets_GG = torch.from_numpy(groups.meets_GG)
    pool_M = may_compose.nonzero().flatten()
    return Composition(params.rate, params.axis, pool_M, group, meets_GG, similarity, params.kind, partner, caption)


def with_fixed_partners(composition: Composition, seed: int) -> Composition:
    """Every row with one partner for good, drawn once."""
    nobody = torch.empty(0, dtype=torch.long)
    everyone = torch.arange(len(composition.group_N))
    generator = torch.Generator().manual_seed(seed)
    return replace(composition, partner_N=composition.partners.draw(everyone, nobody, generator))


def reckon(
    composition: Composition, groups: Groups, may_compose_N: np.ndarray, params: ComposeParams
) -> tuple[Chances, dict[str, Any]]:
    """What an epoch is expected to bring, and the pairs that each rule refuses."""
    pairs = pair_counts(groups)
    chances = by_groups(groups, may_compose_N)
    if composition.similarity is not None:
        pool_M = np.flatnonzero(may_compose_N)
        draw = np.random.default_rng(params.seed)
        looked_at = np.sort(draw.permutation(pool_M)[: params.audited_images])
        chances, pairs["caption_similarity"] = by_similarity(groups, may_compose_N, composition.similarity, looked_at)
    if composition.kind == "fixed_partners":
        assert composition.partner_N is not None
        chances = of_fixed(composition.partner_N.numpy())
    return chances, pairs


def refused_pairs(pairs: Mapping[str, Any]) -> dict[str, int]:
    """Pairs that each rule refuses; of those looked at, for caption similarity."""
    refused = {rule: counts["pairs"] for rule, counts in pairs["refused"].items()}
    if "caption_similarity" in pairs:
        refused["caption_similarity"] = pairs["caption_similarity"]["too_far"] + pairs["caption_similarity"]["too_near"]
    return refused


def something_to_say(composed: pd.DataFrame, params: ComposeParams) -> None:
    """Joined captions can say something new.

    Raises:
        ValueError: all captions are the same.
    """
    if joins_captions(params.kind) and composed["caption"].nunique() == 1:
        raise ValueError(
            f"params.yaml: compose.rate is {params.rate:g}, but all {len(composed):,} captions that may be joined are "
            f"`{composed['caption'].iloc[0]}`. Add a source with captions of its own to collect.corpus, or set "
            "compose.rate to 0."
        )


def write_plan(plan: Plan, folder: Path) -> None:
    """The files that `components.meetings.read_composition` reads, and `groups.csv` for people."""
    composition = plan.composition
    similarity = composition.similarity
    limits = {"least": similarity.least, "most": similarity.most} if similarity else None
    how = {"kind": composition.kind, "rate": composition.rate, "axis": composition.axis}
    write_json({**how, "caption_similarity": limits}, folder / "plan.json")
    write_table(plan.rows, folder / "plan.parquet")
    np.save(folder / "meets.npy", plan.groups.meets_GG)
    if similarity:
        np.save(folder / "captions.npy", similarity.text_ND.numpy())
    groups_table(plan.groups).to_csv(folder / "groups.csv", index_label="group", lineterminator="\n")


def groups_table(groups: Groups) -> pd.DataFrame:
    """What a person wants to know of the groups: how many images, how many they may meet, and what tells them apart."""
    counts = {"images": groups.size_G, "may_meet_images": groups.meets_GG @ groups.size_G}
    return pd.concat([pd.DataFrame(counts), groups.what], axis=1)

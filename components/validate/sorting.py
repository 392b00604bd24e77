"""Accepted or quarantined: every record is sorted by the rules, once, with its reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components.validate.copies import Album, copies_of_evaluation, exact_duplicates, near_duplicates
from components.validate.facts import facts_of
from components.validate.judge import judge
from components.validate.params import ValidateParams
from components.validate.rules import Rule, duplicate_rules, evaluation_rules, record_rules


@dataclass(frozen=True)
class Sorted:
    """Records told apart: accepted + quarantined = what came in."""

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    """The records that broke a rule, with `reason` (of the first rule broken) and `detail` (all of them)."""
    verdict: dict[str, list[dict[str, Any]]]
    """What was expected and how many rows met it, by the name of the set of rules."""


def sort_evaluation(records: pd.DataFrame) -> Sorted:
    """Evaluation records: what cannot be shown or has no label goes, all else stays."""
    facts = facts_of(records).assign(label_length=records["label"].str.len())
    return _sort(records, facts, evaluation_rules(), "evaluation")


def sort_corpus(
    records: pd.DataFrame, folder: Path, evaluation: pd.DataFrame, evaluation_folder: Path, params: ValidateParams
) -> Sorted:
    """Corpus records: first by the rules for each alone, then, among the sound ones, by those for copies.

    So a sound record never yields to a copy of itself that was refused.
    """
    near = {"max_bits": params.near_duplicate_bits, "max_levels": params.near_duplicate_levels}
    copied = copies_of_evaluation(Album(folder, records), Album(evaluation_folder, evaluation), **near)
    facts = facts_of(records).assign(evaluation_copy_of=copied.reindex(records.index))
    alone = _sort(records, facts, record_rules(params), "records")

    sound = alone.accepted
    exact = exact_duplicates(sound)
    nearly = near_duplicates(Album(folder, sound[exact.isna()]), **near)
    copies = pd.DataFrame({"exact_duplicate_of": exact, "near_duplicate_of": nearly.reindex(sound.index)})
    among = _sort(sound, copies, duplicate_rules(), "duplicates")
    return Sorted(
        accepted=among.accepted,
        quarantined=pd.concat([alone.quarantined, among.quarantined]).sort_index(),
        verdict=alone.verdict | among.verdict,
    )


def _sort(records: pd.DataFrame, facts: pd.DataFrame, rules: list[Rule], name: str) -> Sorted:
    judgement = judge(facts, rules)
    reason = np.full(len(records), "", dtype=object)
    detail: list[list[str]] = [[] for _ in range(len(records))]
    for rule, rows in zip(rules, judgement.broken, strict=True):
        reason[rows] = np.where(reason[rows] == "", rule.reason, reason[rows])
        for row, value in zip(rows, facts[rule.column].iloc[rows], strict=True):
            detail[row].append(f"{rule.reason}: {rule.column} is {_shown(value)}")
    refused = reason != ""
    texts = np.array(["; ".join(faults) for faults in detail], dtype=object)
    quarantined = records[refused].assign(reason=reason[refused], detail=texts[refused])
    return Sorted(records[~refused], quarantined.astype({"reason": "str", "detail": "str"}), {name: judgement.verdict})


def _shown(value: Any) -> str:
    """A fact for a person to read: `7` for 7.0, texts in quotation marks."""
    if isinstance(value, str):
        return f"`{value}`"
    return f"{value:g}"

"""The account of a sorting: how many of which source went where and why, and whether that is good enough to go on."""

from typing import Any

import pandas as pd

from components.validate.judge import Judgement, judge
from components.validate.params import ValidateParams
from components.validate.rules import (
    domain_rules,
    duplicate_rules,
    evaluation_rules,
    record_rules,
    source_rules,
    whole_rules,
)
from components.validate.sorting import Sorted

MEND = "Mend the sources, or the bounds in section `validate` of params.yaml."


def source_table(corpus: Sorted) -> pd.DataFrame:
    """One row per source, in order of first sight: collected, accepted, quarantined and the share of the last."""
    accepted = corpus.accepted["source"].value_counts(sort=False)
    quarantined = corpus.quarantined["source"].value_counts(sort=False)
    together = pd.concat([corpus.accepted["source"], corpus.quarantined["source"]]).sort_index()
    table = pd.DataFrame({"source": together.drop_duplicates().to_numpy()})
    table["accepted"] = table["source"].map(accepted).fillna(0).astype("int64")
    table["quarantined"] = table["source"].map(quarantined).fillna(0).astype("int64")
    table["collected"] = table["accepted"] + table["quarantined"]
    table["quarantined_share"] = table["quarantined"] / table["collected"]
    return table


def good_enough(corpus: Sorted, evaluation: Sorted, params: ValidateParams) -> dict[str, list[dict[str, Any]]]:
    """The verdict on the whole, on each source and on each unseen domain.

    Raises:
        ValueError: too few records are left, or too large a part of a source is refused; says which and why.
    """
    sources, domains = source_table(corpus), source_table(evaluation)
    whole = judge(pd.DataFrame({"accepted": [len(corpus.accepted)]}), whole_rules(params))
    if len(whole.broken[0]):
        raise ValueError(
            f"{len(corpus.accepted)} of {sources['collected'].sum()} records are accepted, validate.min_accepted asks "
            f"for {params.min_accepted}. Refused: {_reasons(corpus.quarantined)}. {MEND}"
        )
    each_source = judge(sources, source_rules(params))
    for row in _faulty(each_source):
        raise ValueError(
            f"{_refused(sources.iloc[row], corpus)}, more than "
            f"validate.max_quarantined_share = {params.max_quarantined_share:g} allows. {MEND}"
        )
    each_domain = judge(domains, domain_rules())
    for row in _faulty(each_domain):
        raise ValueError(f"{_refused(domains.iloc[row], evaluation)}: nothing is left to evaluate on. {MEND}")
    return {"whole": whole.verdict, "sources": each_source.verdict, "domains": each_domain.verdict}


def _faulty(judgement: Judgement) -> list[int]:
    return sorted({int(row) for rows in judgement.broken for row in rows})


def _refused(row: pd.Series, records: Sorted) -> str:
    """`3 of 4 records of source `s` are refused (2 forbidden_licence, 1 empty_caption)`."""
    reasons = _reasons(records.quarantined[records.quarantined["source"] == row["source"]])
    return f"{row['quarantined']} of {row['collected']} records of source `{row['source']}` are refused ({reasons})"


def counts(corpus: Sorted, evaluation: Sorted, params: ValidateParams) -> dict[str, Any]:
    """The stage's metrics: totals, then by reason, by source and by evaluation domain."""
    sources = source_table(corpus)
    reasons = _names(record_rules(params) + duplicate_rules())
    evaluation_sources = source_table(evaluation)
    return {
        "collected": int(sources["collected"].sum()),
        "accepted": len(corpus.accepted),
        "quarantined": len(corpus.quarantined),
        "quarantined_share": len(corpus.quarantined) / int(sources["collected"].sum()),
        "evaluation_accepted": len(evaluation.accepted),
        "evaluation_quarantined": len(evaluation.quarantined),
        "reasons": _by_reason(corpus.quarantined, reasons),
        "sources": {row["source"]: _account(row, corpus, reasons) for _, row in sources.iterrows()},
        "evaluation": {
            row["source"]: _account(row, evaluation, _names(evaluation_rules()))
            for _, row in evaluation_sources.iterrows()
        },
    }


def _account(row: pd.Series, records: Sorted, reasons: list[str]) -> dict[str, Any]:
    quarantined = records.quarantined[records.quarantined["source"] == row["source"]]
    numbers = {name: int(row[name]) for name in ("collected", "accepted", "quarantined")}
    return {**numbers, "reasons": {name: n for name, n in _by_reason(quarantined, reasons).items() if n}}


def _names(rules: list[Any]) -> list[str]:
    return list(dict.fromkeys(rule.reason for rule in rules))


def _by_reason(quarantined: pd.DataFrame, reasons: list[str]) -> dict[str, int]:
    found = quarantined["reason"].value_counts()
    return {reason: int(found.get(reason, 0)) for reason in reasons}


def _reasons(quarantined: pd.DataFrame) -> str:
    """`3 broken_image, 1 short_caption`, the most frequent first."""
    found = quarantined["reason"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return ", ".join(f"{count} {reason}" for reason, count in found.items()) or "none"

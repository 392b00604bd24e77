"""Great Expectations as the judge: a table and its rules in; the rows that break each rule, and a verdict, out."""

from dataclasses import dataclass
from typing import Any

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from components.validate.rules import Rule

# SUMMARY caps the list of failing rows at `partial_unexpected_count`; COMPLETE does not, and without the values and
# the query it is as fast: 12,000 rows and 7 rules in 0.04 s, a million in 0.6 s.
RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}
NOTHING_RANDOM = ("batch_id",)


@dataclass(frozen=True)
class Judgement:
    """What the rules say of a table of N rows."""

    broken: list[np.ndarray]
    """For each rule, in the rules' order: the positions of the rows that break it, ascending."""
    verdict: list[dict[str, Any]]
    """For each rule: what was expected and how many met it; neither times nor random ids."""


def judge(table: pd.DataFrame, rules: list[Rule]) -> Judgement:
    """Ask Great Expectations whether each row of `table` meets each rule."""
    expectations = [_marked(rule, position) for position, rule in enumerate(rules)]
    suite = gx.ExpectationSuite(name="rules", expectations=expectations)
    outcome = _batch(table).validate(suite, result_format=RESULT_FORMAT)
    by_position = {_position(result): result for result in outcome.results}
    results = [by_position[position] for position in range(len(rules))]  # Great Expectations groups them by column
    for rule, result in zip(rules, results, strict=True):
        if "unexpected_index_list" not in result.result:  # Great Expectations caught an exception of its own
            raise RuntimeError(f"rule {rule.reason} could not be judged: {result.exception_info}")
    return Judgement(
        broken=[np.sort(np.asarray(result.result["unexpected_index_list"], dtype=np.int64)) for result in results],
        verdict=[_normalised(rule, result) for rule, result in zip(rules, results, strict=True)],
    )


def _marked(rule: Rule, position: int) -> Expectation:
    """The rule's expectation with what finds its outcome again."""
    severity = FailureSeverity.CRITICAL if rule.stops else FailureSeverity.WARNING
    return rule.expectation.copy(update={"meta": {"position": position}, "severity": severity})


def _position(result: Any) -> int:
    return int(result.expectation_config.meta["position"])


def _batch(table: pd.DataFrame) -> Batch:
    """The table, its index the row's position, in a context that lives in memory alone."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    definition = asset.add_batch_definition_whole_dataframe("whole")
    return definition.get_batch({"dataframe": table.reset_index(drop=True)})


def _normalised(rule: Rule, result: Any) -> dict[str, Any]:
    """One expectation's outcome without what differs from run to run."""
    config = result.expectation_config
    return {
        "reason": rule.reason,
        "expectation": config.type,
        "expected": {name: value for name, value in sorted(config.kwargs.items()) if name not in NOTHING_RANDOM},
        "severity": "critical" if rule.stops else "warning",
        "met": bool(result.success),
        "rows": int(result.result["element_count"]),
        "rows_without_the_fact": int(result.result.get("missing_count") or 0),
        "rows_that_break_it": int(result.result["unexpected_count"]),
    }

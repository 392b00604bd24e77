"""Great Expectations says which rows break a rule: all of them, by position."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.core.expect_column_values_to_be_null import ExpectColumnValuesToBeNull
from great_expectations.expectations.core.expect_column_values_to_be_unique import ExpectColumnValuesToBeUnique

from components.validate.judge import judge
from components.validate.rules import Rule

RULES = [
    Rule("small", ExpectColumnValuesToBeBetween(column="side", min_value=10)),
    Rule("repeated", ExpectColumnValuesToBeUnique(column="id")),
    Rule("large", ExpectColumnValuesToBeBetween(column="side", max_value=20), True),
    Rule("copy", ExpectColumnValuesToBeNull(column="copy_of")),
]


def table(side, ids, copy_of):
    return pd.DataFrame(
        {"side": pd.Series(side, dtype="float64"), "id": ids, "copy_of": pd.Series(copy_of, dtype="str")}
    )


def test_rows_that_break_each_rule():
    judgement = judge(table([9, 15, np.nan, 25], ["a", "b", "a", "c"], [None, "x", None, None]), RULES)
    assert [rows.tolist() for rows in judgement.broken] == [[0], [0, 2], [3], [1]]


def test_rows_are_counted_by_position_whatever_the_index():
    shuffled = table([9, 15, 9], ["a", "b", "c"], [None] * 3).set_axis([70, 3, 12])
    assert judge(shuffled, RULES).broken[0].tolist() == [0, 2]


def test_no_list_is_capped():
    rows = 5000  # Great Expectations shows 20 unless told otherwise
    judgement = judge(table([1] * rows, range(rows), ["x"] * rows), RULES)
    assert [len(broken) for broken in judgement.broken] == [rows, 0, 0, rows]


def test_the_verdict_counts_and_is_the_same_every_time():
    few = table([9, 15, np.nan, 25], ["a", "b", "a", "c"], [None, "x", None, None])
    first, second = judge(few, RULES).verdict, judge(few, RULES).verdict
    assert json.dumps(first) == json.dumps(second)
    assert first[0] == {
        "reason": "small",
        "expectation": "expect_column_values_to_be_between",
        "expected": {"column": "side", "min_value": 10.0},
        "severity": "warning",
        "met": False,
        "rows": 4,
        "rows_without_the_fact": 1,
        "rows_that_break_it": 1,
    }
    assert [(entry["reason"], entry["severity"]) for entry in first][2] == ("large", "critical")


def test_an_empty_table_breaks_nothing():
    judgement = judge(table([], [], []), RULES)
    assert [rows.tolist() for rows in judgement.broken] == [[], [], [], []]
    assert all(earlier["rows"] == later["rows"] == 0 for earlier, later in pairwise(judgement.verdict))


def test_a_rule_on_a_column_that_is_not_there_is_our_fault():
    with pytest.raises(RuntimeError, match="rule small could not be judged"):
        judge(pd.DataFrame({"other": [1]}), RULES[:1])

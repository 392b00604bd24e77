"""The agreement about the data."""

import re

import pytest

from components.validate.facts import facts_of
from components.validate.rules import duplicate_rules, evaluation_rules, record_rules
from components.wildcards import wildcard_regex


@pytest.mark.parametrize(
    ("pattern", "licence", "allowed"),
    [
        ("CC-BY-4.0", "CC-BY-4.0", True),
        ("CC-BY-4.0", "cc by 4.0", True),
        ("CC BY 4.0", "CC-BY-4.0", True),
        ("CC-BY-4.0", "CC-BY-NC-4.0", False),
        ("CC-BY-4.0", "CC-BY-4.0 or worse", False),
        ("CC-BY-4.0", "CC-BY-4x0", False),  # a point is a point
        ("Apache-2.0*", "Apache-2.0 (images)", True),
        ("CC0-*", "", False),
    ],
)
def test_a_licence_is_allowed_by_its_whole_name(pattern, licence, allowed):
    assert bool(re.match(wildcard_regex(["MIT", pattern]), licence)) is allowed


def test_the_order_of_reasons_is_stated(params):
    assert [rule.reason for rule in record_rules(params) + duplicate_rules()] == [
        "missing_image", "broken_image", "small_image", "large_image", "elongated_image",
        "empty_caption", "short_caption", "short_caption", "unknown_language", "forbidden_licence",
        "repeated_id", "evaluation_copy", "exact_duplicate", "near_duplicate",
    ]  # fmt: skip


def test_every_rule_judges_a_fact_that_is_measured(params, corpus, picture):
    from tests.validate.conftest import encoded

    _, records = corpus("few", [{"image": encoded(picture(0))}])
    measured = {*facts_of(records).columns, "evaluation_copy_of", "label_length"}
    assert {rule.column for rule in record_rules(params) + evaluation_rules()} <= measured

"""The agreement about the data: which expectation a record, a source and the whole must meet, and why it is refused.

A record's reason is that of the first rule it breaks, in the order written here: from "there is no image" to "we have
this one already". A record that breaks a rule is quarantined (severity `warning`); a source or a whole that breaks one
stops the stage (severity `critical`).
"""

from dataclasses import dataclass

from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_be_null import ExpectColumnValuesToBeNull
from great_expectations.expectations.core.expect_column_values_to_be_unique import ExpectColumnValuesToBeUnique
from great_expectations.expectations.core.expect_column_values_to_match_regex import ExpectColumnValuesToMatchRegex
from great_expectations.expectations.expectation import Expectation

from components.validate.params import ValidateParams
from components.wildcards import wildcard_regex


@dataclass(frozen=True)
class Rule:
    """One expectation and the reason that its quarantined records are given."""

    reason: str
    expectation: Expectation
    stops: bool = False
    """True if a broken rule stops the stage; else it costs the row its place."""

    @property
    def column(self) -> str:
        """The fact that the rule judges."""
        return str(self.expectation.configuration.kwargs["column"])


def record_rules(params: ValidateParams) -> list[Rule]:
    """What each record must be by itself."""
    between = ExpectColumnValuesToBeBetween
    licences = wildcard_regex(params.allowed_licences)
    return [
        Rule("missing_image", between(column="bytes", min_value=1)),
        Rule("broken_image", between(column="width", min_value=1)),
        Rule("small_image", between(column="short_side_px", min_value=params.min_side_px)),
        Rule("large_image", between(column="long_side_px", max_value=params.max_side_px)),
        Rule("elongated_image", between(column="aspect_ratio", max_value=params.max_aspect_ratio)),
        Rule("empty_caption", between(column="caption_length", min_value=1)),
        Rule("short_caption", between(column="caption_words", min_value=params.min_caption_words)),
        Rule("short_caption", between(column="caption_characters", min_value=params.min_caption_characters)),
        Rule("unknown_language", ExpectColumnValuesToBeInSet(column="language", value_set=params.languages)),
        Rule("forbidden_licence", ExpectColumnValuesToMatchRegex(column="licence", regex=licences)),
        Rule("repeated_id", ExpectColumnValuesToBeUnique(column="id")),  # none of them can be told apart: all go
        Rule("evaluation_copy", ExpectColumnValuesToBeNull(column="evaluation_copy_of")),
    ]


def duplicate_rules() -> list[Rule]:
    """What a record must be among those that are sound by themselves: the first of its kind."""
    return [
        Rule("exact_duplicate", ExpectColumnValuesToBeNull(column="exact_duplicate_of")),
        Rule("near_duplicate", ExpectColumnValuesToBeNull(column="near_duplicate_of")),
    ]


def evaluation_rules() -> list[Rule]:
    """What an image of an unseen domain must be: whole, and labelled. Nothing else drops it."""
    between = ExpectColumnValuesToBeBetween
    return [
        Rule("missing_image", between(column="bytes", min_value=1)),
        Rule("broken_image", between(column="width", min_value=1)),
        Rule("repeated_id", ExpectColumnValuesToBeUnique(column="id")),
        Rule("missing_label", between(column="label_length", min_value=1)),
    ]


def source_rules(params: ValidateParams) -> list[Rule]:
    """What must hold of every source; a source that breaks one stops the stage."""
    share = ExpectColumnValuesToBeBetween(column="quarantined_share", max_value=params.max_quarantined_share)
    return [Rule("quarantined_share", share, True), *domain_rules()]


def domain_rules() -> list[Rule]:
    """What must hold of every unseen domain; a domain that breaks it stops the stage."""
    return [Rule("no_records_left", ExpectColumnValuesToBeBetween(column="accepted", min_value=1), True)]


def whole_rules(params: ValidateParams) -> list[Rule]:
    """What must hold of the accepted records together."""
    enough = ExpectColumnValuesToBeBetween(column="accepted", min_value=params.min_accepted)
    return [Rule("too_few_records", enough, True)]

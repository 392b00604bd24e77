"""Groups and counts, against a plain double loop over all pairs."""

import numpy as np
import pytest

from components.compose import groups as grouping
from components.compose.groups import groups_of, pair_counts
from components.compose.rules import image_refusals, pair_rules
from components.params import ParamsError

RULES = {
    "rules.across_labels": True,
    "rules.across_languages": False,
    "rules.labels.forbidden": [["gear", "cam"]],
    "rules.sources.allowed": [["shop", "*"]],
    "rules.licences.excluded": ["CC-BY-SA-*"],
    "rules.licences.forbidden": [["CC-BY-4.0", "CC-BY-4.0"]],
    "rules.attributes": {"side": ["left", "right"], "units": ["metric", "inch"]},
}


def test_groups_and_counts_are_those_of_a_double_loop(many, settings):
    selection, rules = many(120), settings(RULES).rules
    may_compose = image_refusals(selection, rules) == ""
    made = pair_rules(selection, rules)
    groups = groups_of(made, may_compose)
    expected = counts_by_loop(selection, may_compose)
    assert pair_counts(groups) == expected
    assert 0 < expected["met"] < expected["all"]
    rows = selection.to_dict("records")
    for first in range(len(selection)):
        for second in range(len(selection)):
            broken = rules_broken(rows[first], rows[second])
            assert groups.meets_GG[groups.group_N[first], groups.group_N[second]] == (not broken)
    assert groups.size_G.sum() == may_compose.sum()


def test_without_rules_there_is_one_group_that_meets_itself(many, settings):
    groups = groups_of(pair_rules(many(10), settings().rules), np.ones(10, dtype=bool))
    assert groups.group_N.tolist() == [0] * 10 and groups.meets_GG.tolist() == [[True]]
    assert pair_counts(groups) == {"all": 45, "met": 45, "refused": {}}


def test_what_no_rule_tells_apart_is_one_group(four, settings):
    rules = settings({"rules.sources.forbidden": [["blog", "shop"]]}).rules
    groups = groups_of(pair_rules(four, rules), np.ones(4, dtype=bool))
    assert groups.group_N[0] == groups.group_N[1] == groups.group_N[2] != groups.group_N[3]
    assert set(groups.what["sources.forbidden"]) == {"blog", "shop"}
    assert pair_counts(groups)["refused"] == {"sources.forbidden": {"pairs": 3, "by_it_alone": 3}}


def test_more_groups_than_can_be_kept(many, settings, monkeypatch):
    monkeypatch.setattr(grouping, "MOST_GROUPS", 3)
    with pytest.raises(ParamsError, match=r"compose.rules tell 4 groups of images apart, and at most 3 can be kept"):
        groups_of(pair_rules(many(50), settings({"rules.across_labels": True}).rules), np.ones(50, dtype=bool))


def counts_by_loop(selection, may_compose) -> dict[str, object]:
    names = ["across_labels", "across_languages", "labels.forbidden", "sources.allowed", "licences.forbidden",
             "attributes.side", "attributes.units"]  # fmt: skip
    counts = {"all": 0, "met": 0, "refused": {name: {"pairs": 0, "by_it_alone": 0} for name in names}}
    rows = selection.to_dict("records")
    for first in range(len(rows)):
        for second in range(first + 1, len(rows)):
            if not (may_compose[first] and may_compose[second]):
                continue
            broken = rules_broken(rows[first], rows[second])
            counts["all"] += 1
            counts["met"] += not broken
            for name in broken:
                counts["refused"][name]["pairs"] += 1
                counts["refused"][name]["by_it_alone"] += len(broken) == 1
    return counts


def rules_broken(first, second) -> list[str]:
    """RULES once more, as a person would say them."""
    broken = []
    if first["label"] == second["label"]:
        broken.append("across_labels")
    if first["language"] != second["language"]:
        broken.append("across_languages")
    if {first["label"], second["label"]} == {"gear", "cam"}:
        broken.append("labels.forbidden")
    if "shop" not in (first["source"], second["source"]):
        broken.append("sources.allowed")
    if first["licence"] == second["licence"] == "CC-BY-4.0":
        broken.append("licences.forbidden")
    for name, values in {"side": {"left", "right"}, "units": {"metric", "inch"}}.items():
        ours, theirs = (values & set(each["caption"].split()) for each in (first, second))
        if ours and theirs and ours != theirs:
            broken.append(f"attributes.{name}")
    return broken

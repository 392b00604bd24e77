"""The rules: who is refused, under which name, and what a mistake is answered with."""

from pathlib import Path

import numpy as np
import pytest

from components.compose.params import ComposeParams
from components.compose.rules import attribute_rule, image_refusals, pair_rules
from components.params import ParamsError, check
from components.words import terms


def refused(selection, rules) -> set[tuple[str, str]]:
    """The pairs of ids that any rule refuses."""
    ids = list(selection["id"])
    return {
        (ids[first], ids[second])
        for rule in pair_rules(selection, rules)
        for first in range(len(ids))
        for second in range(first + 1, len(ids))
        if rule.refuses_KK[rule.code_N[first], rule.code_N[second]]
    }


def test_each_image_has_the_first_rule_that_excludes_it(four, settings):
    rules = settings({"rules.sources.excluded": ["blog"], "rules.licences.excluded": ["cc by *"]}).rules
    assert image_refusals(four, rules).tolist() == ["licences.excluded", "no_caption", "", "sources.excluded"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"rules.across_labels": True}, {("a", "b"), ("c", "d")}),
        ({"rules.across_languages": False}, {("a", "c"), ("b", "c"), ("c", "d")}),
        ({"rules.labels.forbidden": [["nut", "bo*"]]}, {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")}),
        ({"rules.sources.allowed": [["shop", "blog"]]}, {("a", "b"), ("a", "c"), ("b", "c")}),
        ({"rules.licences.forbidden": [["CC-BY-SA-*", "CC0*"]]}, {("b", "d"), ("c", "d")}),
        (
            {"rules.label_groups": {"all": ["b*", "n*"]}, "rules.labels.forbidden": [["all", "nut"]]},
            {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")},
        ),
        (
            {"rules.labels.allowed": [["bolt", "*"]], "rules.labels.forbidden": [["bolt", "bolt"]]},
            {("a", "b"), ("c", "d")},  # what is forbidden stays so, whatever is allowed
        ),
    ],
    ids=["none", "across-labels", "languages", "forbidden", "allowed", "licences", "group", "both"],
)
def test_a_rule_refuses_its_pairs(four, settings, changes, expected):
    assert refused(four, settings(changes).rules) == expected


def test_captions_with_different_words_of_one_choice_never_meet():
    captions = ["left bracket", "Right-hand thread", "左ねじ", "bracket", "left or right", "lefty"]
    said = [terms(caption, "ja" if "左" in caption else "en") for caption in captions]
    rule = attribute_rule("side", ["left | 左", "right"], said)
    refuses = rule.refuses_KK[rule.code_N[:, None], rule.code_N[None]]
    same = np.array([0, 1, 0, -1, 2, -1])  # what each carries; -1 for neither
    expected = (same[:, None] >= 0) & (same[None] >= 0) & (same[:, None] != same[None])
    assert np.array_equal(refuses, expected)
    assert sorted(rule.what_K) == ["-", "left | 左", "left | 左 + right", "right"]


def test_an_attribute_is_read_in_the_captions_own_language(four, settings):
    four["caption"] = ["tornillo izquierdo", "tornillo", "tuercas derechas", "tuerca"]
    four["language"] = "es"
    rules = settings({"rules.attributes": {"side": ["left | izquierdo", "right | derecho"]}}).rules
    assert refused(four, rules) == {("a", "c")}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules.labels.excluded": ["bolts"]}, "compose.rules.labels.excluded names `bolts`. Did you mean `bolt`?"),
        ({"rules.sources.forbidden": [["shop", "blgo"]]},
         "compose.rules.sources.forbidden names `blgo`. Did you mean `blog`?"),
        ({"rules.licences.allowed": [["GPL*", "*"]]},
         "compose.rules.licences.allowed names `GPL*`. Known: CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0."),
        ({"rules.label_groups": {"screws": ["skrew"]}},
         "compose.rules.label_groups.screws names `skrew`. Known: bolt, nut."),
        ({"rules.label_groups": {"bolt": ["nut"]}},
         "compose.rules.label_groups.bolt has the name of a label. Give the group another name."),
        ({"rules.across_labels": True, "rules.labels.allowed": [["nut", "nut"]]},
         "compose.rules.labels.allowed lets `nut` meet `nut`, but compose.rules.across_labels keeps a label from "
         "itself. Set it to false, or remove the pair."),
        ({"rules.sources.allowed": [["blog", "blog"]]},
         "compose.rules.sources.allowed lets `blog` meet `blog`, but `blog` has a single image. Find more of it, "
         "or remove the pair."),
        ({"rules.attributes": {"side": ["left", "?!"]}},
         "compose.rules.attributes.side has `?!`, which holds no word. Write one."),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant(four, settings, changes, message):
    rules = settings(changes).rules
    with pytest.raises(ParamsError) as fault:
        image_refusals(four, rules)
        pair_rules(four, rules)
    assert str(fault.value) == f"params.yaml: {message}"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate", 1.5, "compose.rate is 1.5. Input should be less than or equal to 1."),
        ("rate", -0.1, "compose.rate is -0.1. Input should be greater than or equal to 0."),
        ("kind", "cutmix", "compose.kind is 'cutmix'. Input should be 'clip_c', 'cutmix_one_caption', "
         "'caption_fusion', 'fixed_partners' or 'mismatched_second_caption'."),
        ("rules.caption_similarity", {"least": 0.5, "most": 0.2},
         "compose.rules.caption_similarity: least is 0.5, above most, 0.2. Lower "
         "least, or raise most."),
        ("rules.labels.allowed", [["bolt"]],
         "compose.rules.labels.allowed is [['bolt']]. ['bolt'] has 1 names, and two can meet. Write [name, name]."),
        ("rules.attributes", {"side": ["left"]},
         "compose.rules.attributes: `side` needs two values or more, each `word` or "
         "`word | other word`."),
        ("rules.attributes", {"side": ["left", "Left"]},
         "compose.rules.attributes: `side` has the word `left` twice. Keep it "
         "in one value."),
        ("rules.attributes", {"side": ["left |", "right"]},
         "compose.rules.attributes: `side` has an empty word. Remove it."),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_meant(settings, name, value, message):
    values = settings().model_dump()
    *way, last = name.split(".")
    inner = values
    for part in way:
        inner = inner[part]
    inner[last] = value
    with pytest.raises(ParamsError) as fault:
        check(ComposeParams, values, file=Path("params.yaml"), prefix="compose")
    assert str(fault.value) == f"params.yaml: {message}"

"""The plan: rules refuse by name, and the audit's shares add up."""

import pandas as pd
import pytest

from components.compose.params import ComposeParams
from components.compose.plan import audit, largest_shift_points, make_plan
from components.compose.preview import caption_of, caption_table, sample_pairs

PARAMS = ComposeParams(
    rate=0.5, axis="width", across_labels=True, never_labels=[], never_sources=[], preview_compositions=4, seed=0
)
SELECTION = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "label": ["bolt", "bolt", "nut", "nut"],
        "source": ["shop", "shop", "shop", "blog"],
        "caption": ["a bolt", " ", "ナット", "a nut"],
        "language": ["en", "en", "ja", "en"],
    }
)


def test_each_rule_refuses_its_own():
    plan = make_plan(SELECTION, PARAMS.model_copy(update={"never_sources": ["blog"]}))
    assert plan["refused_by"].tolist() == ["", "no_caption", "", "never_sources"]
    assert plan["may_compose"].tolist() == [True, False, True, False]


def test_a_group_is_a_label_or_the_image_alone():
    assert make_plan(SELECTION, PARAMS)["group"].tolist() == [0, 0, 1, 1]
    alone = PARAMS.model_copy(update={"across_labels": False})
    assert make_plan(SELECTION, alone)["group"].tolist() == [0, 1, 2, 3]


def test_a_rule_with_a_misspelt_name():
    with pytest.raises(ValueError, match=r"params.yaml: compose.never_labels names `bolts`. Did you mean `bolt`\?"):
        make_plan(SELECTION, PARAMS.model_copy(update={"never_labels": ["bolts"]}))


def test_what_composes_is_seen_more_often():
    plan = make_plan(SELECTION, PARAMS.model_copy(update={"never_labels": ["nut"]}))
    audited = audit(SELECTION, plan, rate=0.5)
    # one of four images (a) may compose: seen 1.5 times, the others once: 2.5 of 4.5 are bolts
    assert audited["label"]["bolt"] == pytest.approx({"before": 0.5, "after": 2.5 / 4.5})
    assert sum(share["after"] for share in audited["source"].values()) == pytest.approx(1)
    # the furthest from its share: Japanese 1/4 -> 1/4.5 is 2.8 points, bolts 50 % -> 55.6 % are 5.6
    assert largest_shift_points(audited) == pytest.approx(100 * (2.5 / 4.5 - 0.5))


def test_preview_pairs_keep_to_the_plan():
    plan = pd.DataFrame({"may_compose": [True] * 6 + [False] * 2, "group": [0, 0, 0, 1, 1, 1, 0, 1]})
    pairs = sample_pairs(plan, count=10, seed=1)
    assert pairs and all((first < 3) != (second < 3) and max(first, second) < 6 for first, second in pairs)


def test_the_preview_lists_its_captions_in_every_script():
    table = caption_table(SELECTION, [(0, 2)])
    assert table.to_numpy().tolist() == [[1, "a", "c", "a bolt and ナット"]]


def test_the_conjunction_is_in_the_first_captions_language():
    assert caption_of(SELECTION.iloc[0], SELECTION.iloc[2]) == "a bolt and ナット"
    assert caption_of(SELECTION.iloc[2], SELECTION.iloc[0]) == "ナット と a bolt"

"""Accepted or quarantined: each record once, with its first reason and every fault."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from components.validate.sorting import sort_corpus, sort_evaluation
from tests.validate.conftest import encoded


@pytest.fixture
def sorted_corpus(corpus, params, picture):
    """Sort records beside an evaluation set of picture 100."""

    def sort(records):
        folder, table = corpus("c", records)
        unseen = corpus("unseen", [{"image": encoded(picture(100)), "label": "nut"}], learning=False)
        return sort_corpus(table, folder, unseen[1], unseen[0], params)

    return sort


def reasons(outcome):
    return dict(zip(outcome.quarantined["id"], outcome.quarantined["reason"], strict=True))


def test_each_fault_has_its_reason(sorted_corpus, picture):
    def sound(number, **said):
        return {"image": encoded(picture(number)), **said}

    outcome = sorted_corpus(
        [
            sound(0),
            {"image": b""},
            {"image": encoded(picture(1))[:200]},
            {"image": encoded(picture(2).resize((15, 64)))},
            {"image": encoded(picture(3).resize((20, 81)))},  # 81 / 20 > 4
            {"image": encoded(Image.new("RGB", (16, 8193)))},
            sound(4, caption=" \u3000"),
            sound(5, language="xx"),
            sound(6, licence="CC-BY-NC-4.0"),
            sound(7, licence=""),
            sound(8, id="twice"),
            sound(9, id="twice"),
            sound(100),
            {"image": encoded(picture(100), "JPEG", quality=90)},
            sound(0),
            {"image": encoded(picture(0), "JPEG", quality=90)},
            sound(10, caption="鋲", language="ja"),
        ]
    )
    assert list(outcome.quarantined["reason"]) == [
        "missing_image", "broken_image", "small_image", "elongated_image", "large_image", "empty_caption",
        "unknown_language", "forbidden_licence", "forbidden_licence", "repeated_id", "repeated_id",
        "evaluation_copy", "evaluation_copy", "exact_duplicate", "near_duplicate",
    ]  # fmt: skip
    assert list(outcome.accepted["id"]) == ["c/0", "c/16"]


def test_the_first_reason_counts_and_the_detail_has_all(sorted_corpus, picture):
    record = {"image": encoded(picture(1).resize((12, 8))), "caption": "", "licence": "all rights reserved"}
    outcome = sorted_corpus([{"image": encoded(picture(0))}, record])
    assert outcome.quarantined[["reason", "detail"]].values.tolist() == [
        [
            "small_image",
            "small_image: short_side_px is 8; empty_caption: caption_length is 0; "
            "forbidden_licence: licence is `all rights reserved`",
        ]
    ]


def test_a_sound_record_does_not_yield_to_a_refused_copy_of_itself(sorted_corpus, picture):
    image = encoded(picture(1))
    outcome = sorted_corpus([{"image": image, "licence": "unknown"}, {"image": image}, {"image": image}])
    assert reasons(outcome) == {"c/0": "forbidden_licence", "c/2": "exact_duplicate"}
    assert outcome.quarantined["detail"].tolist()[1] == "exact_duplicate: exact_duplicate_of is `c/1`"


def test_evaluation_loses_only_what_cannot_be_shown_or_is_not_labelled(corpus, picture):
    image = encoded(picture(0))
    _, records = corpus(
        "unseen",
        [
            {"image": image, "label": "nut"},
            {"image": image, "label": "nut", "licence": "unknown", "caption": ""},  # a copy, and poor: it stays
            {"image": encoded(picture(1).resize((8, 8))), "label": "nut"},
            {"image": b"broken", "label": "nut"},
            {"image": b"", "label": "nut"},
            {"image": image},
        ],
        learning=False,
    )
    outcome = sort_evaluation(records)
    assert list(outcome.accepted["id"]) == ["unseen/0", "unseen/1", "unseen/2"]
    assert list(outcome.quarantined["reason"]) == ["broken_image", "missing_image", "missing_label"]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_whatever_comes(sorted_corpus, picture, seed):
    rng = np.random.default_rng(seed)
    records = []
    for _ in range(40):
        image = encoded(picture(int(rng.integers(12))))
        records.append(
            {
                "image": image[: int(rng.choice([0, 50, len(image), len(image), len(image)]))],
                "caption": str(rng.choice(["", "a part", "歯車"])),
                "language": str(rng.choice(["en", "ja", "xx"])),
                "licence": str(rng.choice(["MIT", "CC0-1.0", "no"])),
            }
        )
    outcome = sorted_corpus(records)
    together = pd.concat([outcome.accepted["id"], outcome.quarantined["id"]])
    assert sorted(together) == sorted(f"c/{number}" for number in range(40))
    assert (outcome.quarantined["reason"] != "").all()
    assert outcome.accepted["sha256"].is_unique
    assert len(outcome.accepted)


def test_all_may_be_refused(sorted_corpus, picture):
    outcome = sorted_corpus([{"image": encoded(picture(0)), "caption": ""}])
    assert (len(outcome.accepted), len(outcome.quarantined)) == (0, 1)

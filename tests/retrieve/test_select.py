"""Conflicts and quotas, in numbers that a reader can add up."""

import pandas as pd
import pytest

from components.retrieve.select import pick, settle_conflicts


def test_an_image_goes_to_the_label_with_the_higher_score():
    candidates = pd.DataFrame(
        {"label": [0, 1, 1], "row": [5, 5, 6], "score": [0.3, 0.1, 0.2], "cosine": [0.4, 0.9, 0.5]}
    )
    settled = settle_conflicts(candidates).set_index("row")
    assert settled.loc[5, "label"] == 0
    assert settled.loc[5, "rivals"] == 1
    assert settled.loc[5, "confidence"] == pytest.approx(0.75)
    assert settled.loc[6, ["rivals", "confidence"]].tolist() == [0, 1.0]


def test_a_tie_is_broken_by_cosine_then_by_the_order_of_labels():
    tie = pd.DataFrame({"label": [1, 0, 2], "row": [5, 5, 5], "score": [0.3] * 3, "cosine": [0.5, 0.4, 0.5]})
    assert settle_conflicts(tie)["label"].tolist() == [1]


def test_a_label_that_loses_every_image_keeps_its_best():
    candidates = pd.DataFrame(
        {"label": [0, 0, 1, 1], "row": [5, 6, 5, 6], "score": [0.9, 0.8, 0.2, 0.3], "cosine": [0.5] * 4}
    )
    settled = settle_conflicts(candidates).set_index("row")
    assert settled["label"].to_dict() == {5: 0, 6: 1}
    assert settled.loc[6, "confidence"] == pytest.approx(0.3 / 1.1)


def test_an_only_image_is_not_taken_away():
    candidates = pd.DataFrame({"label": [0, 1], "row": [5, 5], "score": [0.9, 0.2], "cosine": [0.5, 0.5]})
    assert settle_conflicts(candidates)["label"].tolist() == [0]


def test_the_floor_and_the_quota():
    settled = pd.DataFrame(
        {
            "label": [0, 0, 0, 1],
            "row": [1, 2, 3, 4],
            "score": [0.1, 0.3, 0.2, 0.9],
            "cosine": [0.9, 0.9, 0.9, 0.1],
        }
    )
    chosen = pick(settled, least_cosine=0.5, images_per_label=2)
    assert chosen[["label", "row", "rank"]].to_numpy().tolist() == [[0, 2, 1], [0, 3, 2]]

"""Conflicts, floors and quotas, in numbers that a reader can add up."""

import numpy as np
import pandas as pd
import pytest

from components.retrieve.select import (
    dropped_counts,
    empty_places,
    floor_reasons,
    last_spared,
    lost_claims,
    places_of_one_source,
    quota_reasons,
    settle_conflicts,
)


def test_an_image_goes_to_the_label_with_the_higher_score():
    settled = settle_conflicts(table(label=[0, 1, 1], row=[5, 5, 6], score=[0.3, 0.1, 0.2])).set_index("row")
    assert settled.loc[5, "label"] == 0
    assert settled.loc[5, "rivals"] == 1
    assert settled.loc[5, "confidence"] == pytest.approx(0.75)
    assert settled.loc[6, ["rivals", "confidence"]].tolist() == [0, 1.0]


def test_confidence_is_the_share_of_scores_times_the_agreement():
    settled = settle_conflicts(table(label=[0, 1], row=[5, 5], score=[0.3, 0.1], agreement=[0.4, 1.0]))
    assert settled["confidence"].item() == pytest.approx(0.75 * 0.4)


def test_scores_of_nothing_are_shared_evenly():
    settled = settle_conflicts(table(label=[0, 1], row=[5, 5], score=[0.0, 0.0]))
    assert settled["confidence"].item() == 0.5


def test_a_tie_is_broken_by_cosine_then_by_the_order_of_labels():
    tie = table(label=[1, 0, 2], row=[5, 5, 5], score=[0.3] * 3, cosine=[0.5, 0.4, 0.5])
    assert settle_conflicts(tie)["label"].tolist() == [1]


def test_a_label_that_loses_every_image_keeps_its_best():
    candidates = table(label=[0, 0, 1, 1], row=[5, 6, 5, 6], score=[0.9, 0.8, 0.2, 0.3])
    settled = settle_conflicts(candidates).set_index("row")
    assert settled["label"].to_dict() == {5: 0, 6: 1}
    assert settled.loc[6, "confidence"] == pytest.approx(0.3 / 1.1)


def test_an_only_image_is_not_taken_away():
    assert settle_conflicts(table(label=[0, 1], row=[5, 5], score=[0.9, 0.2]))["label"].tolist() == [0]


def test_each_claim_that_another_label_won_is_counted():
    candidates = table(label=[0, 1, 1], row=[5, 5, 6], score=[0.3, 0.1, 0.2])
    lost = lost_claims(candidates, settle_conflicts(candidates))
    assert lost.to_numpy().tolist() == [[1, 5, "another_label_won"]]
    assert dropped_counts(lost) == {"another_label_won": 1}


def test_each_floor_has_its_reason_and_the_accepted_pass():
    settled = pd.DataFrame(
        {
            "cosine": [0.2, 0.19, np.nan, 0.9, 0.1],
            "confidence": [0.5, 0.9, 0.9, 0.4, 0.1],
            "accepted": [False, False, False, False, True],
        }
    )
    reasons = floor_reasons(settled, least_cosine=0.2, least_confidence=0.5)
    assert reasons.tolist() == ["", "below_least_cosine", "below_least_cosine", "below_least_confidence", ""]


def test_a_label_that_no_image_is_sure_of_keeps_its_surest_but_none_that_is_too_far():
    settled = pd.DataFrame({"label": [0, 0, 1, 1, 2, 3], "confidence": [0.1, 0.3, 0.2, 0.9, 0.4, 0.1]})
    floors = np.array(["below_least_confidence"] * 3 + ["", "below_least_cosine", "evaluation_copy"], dtype=object)
    spared = last_spared(settled, floors)
    assert spared.tolist() == ["below_least_confidence", "", "below_least_confidence", "", *floors[4:]]


@pytest.mark.parametrize(
    ("share", "places"),
    [(1.0, 10), (0.5, 5), (0.39, 3), (0.3, 3), (0.01, 1)],  # 0.3 * 10 is 3 though floats say 2.999…
    ids=["no-quota", "half", "rounded-down", "exact", "at-least-one"],
)
def test_places_of_one_source(share, places):
    assert places_of_one_source(10, share) == places


def test_a_short_source_leaves_its_places_to_the_others_up_to_their_quota():
    preferred = preference("aaaaab")
    reasons = quota_reasons(preferred, images_per_label=4, source_share=0.5)
    assert reasons.tolist() == ["", "", *["over_source_share"] * 3, ""]
    chosen = preferred[reasons == ""]
    dropped = preferred[reasons != ""].assign(reason=reasons[reasons != ""])
    assert empty_places(chosen, dropped, images_per_label=4).to_dict() == {0: 1}  # two of a, one of b


def test_what_comes_when_all_places_are_taken_is_over_the_places_and_not_over_the_share():
    reasons = quota_reasons(preference("aabbab"), images_per_label=3, source_share=0.67)
    assert reasons.tolist() == ["", "", "", *["over_images_per_label"] * 3]


def test_the_accepted_stay_even_beyond_the_places_and_take_up_their_sources_share():
    preferred = preference("aaaab").assign(accepted=[True, True, True, False, False])
    reasons = quota_reasons(preferred, images_per_label=4, source_share=0.5)
    assert reasons.tolist() == ["", "", "", "over_source_share", ""]


@pytest.mark.parametrize("seed", range(20))
def test_the_quota_takes_what_a_walk_through_the_candidates_takes(seed):
    generator = np.random.default_rng(seed)
    preferred = pd.DataFrame(
        {
            "label": np.sort(generator.integers(0, 3, 60)),
            "source": generator.choice(["a", "b", "c"], 60, p=[0.7, 0.2, 0.1]),
            "accepted": False,
        }
    )
    share = float(generator.choice([0.2, 0.34, 0.5, 1.0]))
    reasons = quota_reasons(preferred, images_per_label=12, source_share=share)
    assert reasons.tolist() == reasons_by_walking(preferred, 12, share)


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame({"cosine": 0.5, "agreement": 1.0, **columns})


def preference(sources: str) -> pd.DataFrame:
    return pd.DataFrame({"label": 0, "source": list(sources), "accepted": False})


def reasons_by_walking(preferred: pd.DataFrame, places: int, share: float) -> list[str]:
    """The slow, plain reading."""
    taken: dict[int, list[str]] = {}
    reasons = []
    for label, source in zip(preferred["label"], preferred["source"], strict=True):
        of_label = taken.setdefault(label, [])
        if len(of_label) == places:
            reasons.append("over_images_per_label")
        elif of_label.count(source) + 1 > max(1, share * places):
            reasons.append("over_source_share")
        else:
            of_label.append(source)
            reasons.append("")
    return reasons

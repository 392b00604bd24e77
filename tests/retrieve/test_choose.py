"""From settled candidates to the selection: each line is chosen or has its reason."""

import numpy as np
import pandas as pd
import pytest

from components.retrieve.__main__ import below_floor
from components.retrieve.choose import choose
from components.retrieve.select import dropped_counts
from components.retrieve.thin import Nearness

SETTINGS = {
    "least_cosine": 0.2,
    "least_confidence": 0.1,
    "nearness": Nearness("both", 0, 0.999),
    "choice": "top",
    "pick": "best",
    "images_per_label": 5,
    "source_share": 1.0,
    "seed": 1,
}


def corpus(count: int, width: int = 16, seed: int = 0):
    """Settled candidates of two labels, their records and vectors."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(count, width)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    records = pd.DataFrame(
        {
            "source": generator.choice(["a", "b"], count, p=[0.8, 0.2]),
            "perceptual_hash": [generator.bytes(32).hex() for _ in range(count)],
        }
    )
    settled = pd.DataFrame(
        {
            "label": generator.integers(0, 2, count),
            "row": generator.permutation(count),
            "score": generator.random(count),
            "cosine": generator.uniform(0.1, 1, count),
            "agreement": 1.0,
            "rivals": 0,
            "confidence": generator.random(count),
            "accepted": False,
        }
    )
    return settled, records, vectors


@pytest.mark.parametrize("how", ["top", "clustered"])
@pytest.mark.parametrize("share", [1.0, 0.6])
def test_every_candidate_is_chosen_or_has_one_reason(how, share):
    settled, records, vectors = corpus(80)
    copied = np.arange(80) % 9 == 0
    made = choose(settled, records, vectors, copied_N=copied, **{**SETTINGS, "choice": how, "source_share": share})
    assert sorted([*made.chosen["row"], *made.dropped["row"]]) == list(range(80))
    assert dropped_counts(made.dropped)["evaluation_copy"] == 9
    assert made.chosen["cosine"].min() >= 0.2 and made.chosen["confidence"].min() >= 0.1
    assert made.chosen.groupby("label")["rank"].apply(list).tolist() == [[1, 2, 3, 4, 5]] * 2
    assert made.chosen.groupby("label")["score"].apply(lambda score: score.is_monotonic_decreasing).all()
    sources = made.chosen.assign(source=records["source"].to_numpy()[made.chosen["row"]])
    assert sources.groupby(["label", "source"]).size().max() <= 5 * share


def test_the_top_are_the_best_scores():
    settled, records, vectors = corpus(30)
    settings = {**SETTINGS, "least_cosine": -1.0, "least_confidence": 0.0}
    made = choose(settled, records, vectors, copied_N=np.zeros(30, dtype=bool), **settings)
    for label in (0, 1):
        best = settled[settled["label"] == label].nlargest(5, "score")
        assert made.chosen.loc[made.chosen["label"] == label, "row"].tolist() == best["row"].tolist()


def test_the_same_picture_teaches_one_label_only():
    settled, records, vectors = corpus(2)
    settled = settled.assign(label=[0, 1], row=[0, 1], score=[0.1, 0.2], cosine=0.9, confidence=0.9)
    records["perceptual_hash"], vectors = "00" * 32, vectors[[0, 0]]
    made = choose(settled, records, vectors, copied_N=np.zeros(2, dtype=bool), **SETTINGS)
    assert made.chosen["row"].tolist() == [1]
    assert made.dropped.to_numpy().tolist() == [[0, 0, "near_duplicate"]]


def test_an_accepted_image_passes_all_but_the_guard():
    settled, records, vectors = corpus(40)
    worst = settled["row"] < 12  # more than there are places
    settled = settled.assign(
        label=0,
        accepted=worst,
        score=settled["score"].mask(worst, 0.0),
        cosine=settled["cosine"].mask(worst),
        confidence=settled["confidence"].mask(worst, 0.0),
    )
    copied = (settled["row"] == 3).to_numpy()
    for how in ("top", "clustered"):
        settings = {**SETTINGS, "choice": how, "source_share": 0.2}
        made = choose(settled, records, vectors, copied_N=copied, **settings)
        assert set(range(12)) - {3} == set(made.chosen["row"])
        assert made.dropped.set_index("row").loc[3, "reason"] == "evaluation_copy"


def test_clusters_spread_where_the_top_crowd():
    """Twenty near copies score best; four others lie far off."""
    settled, records, vectors = corpus(24)
    generator = np.random.default_rng(5)
    crowd = np.eye(16)[0] + 0.02 * generator.normal(size=(20, 16))
    vectors = np.concatenate([crowd, np.eye(16)[1:5]]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    settled = settled.assign(label=0, row=range(24), score=np.linspace(1, 0.5, 24), cosine=0.9, confidence=0.9)
    nothing = np.zeros(24, dtype=bool)
    made = {
        how: choose(settled, records, vectors, copied_N=nothing, **{**SETTINGS, "choice": how}).chosen["row"].tolist()
        for how in ("top", "clustered")
    }
    assert made == {"top": [0, 1, 2, 3, 4], "clustered": [0, 20, 21, 22, 23]}


@pytest.mark.parametrize("pick", ["best", "random"])
def test_the_choice_does_not_depend_on_the_order_of_the_lines(pick):
    settled, records, vectors = corpus(80)
    settings = {**SETTINGS, "choice": "clustered", "pick": pick}
    nothing = np.zeros(80, dtype=bool)
    one = choose(settled, records, vectors, copied_N=nothing, **settings).chosen
    other = choose(settled.sample(frac=1, random_state=1), records, vectors, copied_N=nothing, **settings).chosen
    pd.testing.assert_frame_equal(one, other)


def test_nothing_found_is_nothing_chosen():
    settled, records, vectors = corpus(4)
    for how in ("top", "clustered"):
        made = choose(settled.head(0), records, vectors, copied_N=np.zeros(0, bool), **{**SETTINGS, "choice": how})
        assert len(made.chosen) == len(made.dropped) == 0
        assert "rank" in made.chosen


def test_the_surest_image_of_a_label_stays_though_it_repeats_anothers():
    settled, records, vectors = corpus(4)
    settled = settled.assign(label=[0, 0, 0, 1], cosine=0.9, confidence=[0.9, 0.9, 0.9, 0.05], score=[4, 3, 2, 1])
    vectors[settled["row"][3]] = vectors[settled["row"][0]]
    records.loc[settled["row"][3], "perceptual_hash"] = records["perceptual_hash"][settled["row"][0]]
    made = choose(settled, records, vectors, copied_N=np.zeros(4, dtype=bool), **SETTINGS)
    assert made.chosen["label"].tolist() == [0, 0, 0, 1] and made.dropped.empty


def test_labels_that_kept_an_image_below_the_floor_are_counted_but_not_those_whose_image_a_person_accepted():
    selection = pd.DataFrame(
        {"label": ["a", "a", "b", "c"], "confidence": [0.5, 0.4, 0.1, 0.1], "accepted": [False, False, False, True]}
    )
    assert below_floor(selection, 0.2).to_dict() == {"a": False, "b": True, "c": False}

"""Vectors are believed, rank by rank, as far as captions bear them out, whatever share of the captions is silent."""

import numpy as np
import pytest

from components.fusion import Evidence, fuse
from components.retrieve.calibration import Trust, believed, borne_out


def vectors(*row_PK: list[int]) -> Evidence:
    return Evidence("image", ["a query"] * len(row_PK), np.array(row_PK), 2.0)


WORDS = Evidence("words", ["a name"], np.array([[0, 1, -1]]), 1.0)
NOBODY = np.array([], dtype=np.int64)
FALL = {"image": Trust(0.5, np.array([1.0, 0.2]))}


def test_the_first_rank_is_judged_among_captions_that_speak_and_the_rest_by_how_finds_get_fewer():
    bolt, nut = np.array([0, 1]), np.array([2, 3])
    found = [[vectors([0, 5, 1, 9], [2, 0, 6, 9]), WORDS], [vectors([2, 2, 9, 9], [9, 3, 9, 9])]]
    # named rightly, of four: by rank 2, 3, 1, 0, made to fall 2.5, 2.5, 1, 0; named at all at the first two ranks: 6
    trust = borne_out(found, [bolt, nut], least_named=4)["image"]
    assert trust.at_first == pytest.approx(5 / 6)
    np.testing.assert_allclose(trust.fall_K, [1, 1, 0.4, 0])


def test_captions_that_are_silent_at_random_change_nothing_but_the_noise():
    draw = np.random.default_rng(0)
    rank_K = np.arange(50)
    right_LK = draw.random((2000, 50)) < 0.8 * 0.9**rank_K  # row 1 is right, row 2 another label's, row 3 nobody's
    other_LK = draw.random((2000, 50)) < 0.5
    row_LK = np.where(right_LK, 1, np.where(other_LK, 2, 3)) + 10 * np.arange(100_000).reshape(2000, 50)
    told = []
    for speaking in (1.0, 0.2):
        heard_LK = draw.random(row_LK.shape) < speaking
        own, other = row_LK[heard_LK & (row_LK % 10 == 1)], row_LK[heard_LK & (row_LK % 10 == 2)]
        told.append(borne_out([[vectors(*row_LK.tolist())], []], [own, other])["image"])
    assert told[1].at_first == pytest.approx(told[0].at_first, abs=0.05)
    np.testing.assert_allclose(told[1].fall_K, told[0].fall_K, atol=0.1)


def test_a_kind_that_no_caption_bears_out_is_not_believed():
    assert borne_out([[vectors([5, 6]), WORDS]], [np.array([0])], least_named=1)["image"].at_first == 0
    assert borne_out([[vectors([5, 6]), WORDS]], [NOBODY], least_named=1) == {}
    assert borne_out([], []) == {}


def test_a_few_captions_are_no_judge():
    found = [[vectors(list(range(40)))], [vectors(list(range(40, 80)))]]
    named = [np.arange(25), np.arange(40, 44)]
    assert borne_out(found, named) == {}
    assert borne_out(found, [np.arange(26), np.arange(40, 44)])["image"].at_first == 1


def test_a_place_that_a_search_left_empty_is_no_wrong_find():
    found = [[vectors([0, 1, 2, 3], [0, 1, -1, -1], [0, 1, -1, -1])]]
    np.testing.assert_allclose(borne_out(found, [np.arange(4)], least_named=4)["image"].fall_K, [1, 1, 1, 1])


def test_where_no_caption_names_a_label_its_vectors_are_all_there_is_unless_words_found_it_in_part():
    nothing, part = Evidence("words", ["a name"], np.array([[-1]]), 1.0), WORDS
    found = [[vectors([0, 1]), WORDS], [vectors([2, 3]), nothing], [vectors([2, 3]), part]]
    first, second, third = believed(found, [np.array([0]), NOBODY, NOBODY], FALL)
    assert [each.kind for each in (*first, *second, *third)] == ["image", "words", "image", "image", "words"]
    np.testing.assert_allclose([each.trust_K for each in (first[0], second[0], third[0])], [[0.5, 0.1]] * 3)
    assert believed(found, [NOBODY, NOBODY, NOBODY], {}) == found


def test_score_and_agreement_shrink_with_the_trust_of_the_rank():
    whole = fuse([vectors([4, 7]), WORDS]).set_index("row")
    half = fuse([Evidence("image", ["a query"], np.array([[4, 7]]), 2.0, np.array([1.0, 0.5])), WORDS]).set_index("row")
    assert half.loc[4].equals(whole.loc[4])
    assert half.loc[7, "score"] == whole.loc[7, "score"] / 2
    assert half.loc[7, "agreement"] == whole.loc[7, "agreement"] / 2 == 1 / 3

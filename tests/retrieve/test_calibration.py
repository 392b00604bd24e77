"""Vectors are believed, rank by rank, as often as captions confirm them."""

import numpy as np

from components.fusion import Evidence, fuse
from components.retrieve.calibration import believed, confirmed_by_words


def vectors(*row_PK: list[int]) -> Evidence:
    return Evidence("image", ["a query"] * len(row_PK), np.array(row_PK), 2.0)


WORDS = Evidence("words", ["a name"], np.array([[0, 1, -1]]), 1.0)
NOBODY = np.array([], dtype=np.int64)


def test_the_share_is_over_labels_and_queries_and_never_rises():
    found = [[vectors([0, 5, 1], [5, 0, 6]), WORDS], [vectors([2, 2, 3])]]
    # by rank, named of three: 0 and 2 (2/3), 0 and 2 (2/3), 1 and 3 (2/3)
    curves = confirmed_by_words(found, [np.array([0, 1]), np.array([2, 3])])
    np.testing.assert_allclose(curves["image"], [2 / 3, 2 / 3, 2 / 3])
    rising = confirmed_by_words([[vectors([9, 9, 0, 9])]], [np.array([0])])
    np.testing.assert_allclose(rising["image"], [1 / 3, 1 / 3, 1 / 3, 0])


def test_labels_that_no_caption_names_are_no_witness_and_keep_their_evidence():
    found = [[vectors([0, 1]), WORDS], [vectors([2, 3])]]
    curves = confirmed_by_words(found, [np.array([0]), NOBODY])
    np.testing.assert_allclose(curves["image"], [1, 0])
    first, second = believed(found, [np.array([0]), NOBODY], curves)
    assert [each.trust_K is None for each in (*first, *second)] == [False, True, True]
    assert confirmed_by_words(found, [NOBODY, NOBODY]) == {}


def test_score_and_agreement_shrink_with_the_trust_of_the_rank():
    whole = fuse([vectors([4, 7]), WORDS]).set_index("row")
    half = fuse([Evidence("image", ["a query"], np.array([[4, 7]]), 2.0, np.array([1.0, 0.5])), WORDS]).set_index("row")
    assert half.loc[4].equals(whole.loc[4])
    assert half.loc[7, "score"] == whole.loc[7, "score"] / 2
    assert half.loc[7, "agreement"] == whole.loc[7, "agreement"] / 2 == 1 / 3

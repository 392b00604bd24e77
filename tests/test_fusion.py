"""Fusion of rankings, in numbers that a reader can add up."""

import numpy as np
import pytest

from components.fusion import Evidence, fuse


def evidence(rows, weight=1.0, kind="image"):
    queries = [f"query {number}" for number in range(len(rows))]
    return Evidence(kind, queries, np.array(rows), weight)


IMAGES, CAPTIONS = evidence([[7, 8]]), evidence([[8, 9]], weight=2.0, kind="caption")


def test_reciprocal_ranks_add_up_over_evidence():
    fused = fuse([IMAGES, CAPTIONS]).set_index("row")
    assert fused.loc[7, "score"] == pytest.approx(1 / 61)
    assert fused.loc[8, "score"] == pytest.approx(1 / 62 + 2 / 61)
    assert fused.loc[9, "score"] == pytest.approx(2 / 62)


def test_rank_sums_add_up_over_evidence():
    fused = fuse([IMAGES, CAPTIONS], "rank_sum").set_index("row")
    assert fused["score"].to_dict() == pytest.approx({7: 2 / 2, 8: 1 / 2 + 2 * 2 / 2, 9: 2 * 1 / 2})


def test_agreement_is_the_share_of_the_evidence_that_found_the_row():
    fused = fuse([IMAGES, CAPTIONS]).set_index("row")
    assert fused["agreement"].to_dict() == pytest.approx({7: 1 / 3, 8: 1.0, 9: 2 / 3})


def test_the_query_that_contributed_most_is_named():
    two = evidence([[5, 7], [7, 6]])
    fused = fuse([two, CAPTIONS]).set_index("row")
    assert fused["query"].to_dict() == {
        5: "image: query 0",
        6: "image: query 1",
        7: "image: query 1",
        8: "caption: query 0",
        9: "caption: query 0",
    }


def test_more_queries_do_not_mean_more_weight():
    one, three = fuse([evidence([[7]])]), fuse([evidence([[7], [7], [7]])])
    assert one["score"].item() == pytest.approx(three["score"].item())
    assert three["agreement"].item() == 1.0


def test_missing_neighbours_are_left_out():
    assert fuse([evidence([[7, -1]])])["row"].tolist() == [7]
    assert fuse([evidence([[-1, -1]])]).empty


def test_what_no_trusted_evidence_found_is_no_candidate():
    distrusted = Evidence("image", ["a query"], np.array([[7, 8]]), 1.0, np.array([1.0, 0.0]))
    assert fuse([distrusted, CAPTIONS])["row"].tolist() == [7, 8, 9]
    assert fuse([distrusted])["row"].tolist() == [7]


def test_without_any_evidence_the_weights_are_named():
    with pytest.raises(ValueError, match=r"retrieve.image_weight, caption_weight and words_weight are all 0"):
        fuse([])

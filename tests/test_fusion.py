"""Fusion of rankings, in numbers that a reader can add up."""

import numpy as np
import pytest

from components.fusion import Evidence, fuse


def evidence(rows, cosines, weight=1.0):
    return Evidence(np.array(rows), np.array(cosines), weight)


def test_reciprocal_ranks_add_up_over_evidence():
    images = evidence([[7, 8]], [[0.9, 0.5]])
    captions = evidence([[8, 9]], [[0.8, 0.7]], weight=2.0)
    fused = fuse([images, captions]).set_index("row")
    assert fused.loc[7, "score"] == pytest.approx(1 / 61)
    assert fused.loc[8, "score"] == pytest.approx(1 / 62 + 2 / 61)
    assert fused.loc[9, "score"] == pytest.approx(2 / 62)
    assert fused.loc[8, "cosine"] == 0.8


def test_more_prompts_do_not_mean_more_weight():
    one = fuse([evidence([[7]], [[0.9]])])
    three = fuse([evidence([[7], [7], [7]], [[0.9], [0.9], [0.9]])])
    assert one["score"].item() == pytest.approx(three["score"].item())


def test_missing_neighbours_are_left_out():
    assert fuse([evidence([[7, -1]], [[0.9, 0.0]])])["row"].tolist() == [7]


def test_agreement_is_the_share_of_the_evidence_that_found_the_row():
    images, captions = evidence([[7, 8], [8, -1]], [[0.9, 0.5], [0.6, 0.0]]), evidence([[8, 9]], [[0.8, 0.7]], weight=3)
    fused = fuse([images, captions]).set_index("row")["agreement"]
    assert fused.to_dict() == {7: 0.25, 8: 1.0, 9: 0.75}

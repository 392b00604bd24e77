"""A gap is measured, and widened to the size that was asked for."""

import numpy as np
import pytest

from benchmarks.retrieval.gap import gap_of, widened
from tests.index.made import gapped_pairs


def test_the_gap_of_two_pairs_by_hand():
    image_ND = np.array([[1, 0], [0, 1]], dtype=np.float32)
    text_ND = np.array([[0, 1], [0, 1]], dtype=np.float32)
    gap = gap_of(image_ND, text_ND)  # centroids (.5, .5) and (0, 1); cosines 0 and 1
    assert gap == pytest.approx({"centroid_distance": np.sqrt(0.5), "pair_cosine": 0.5})


@pytest.mark.parametrize("distance", [0.8, 1.0, 1.3])
def test_the_stated_gap_is_reached_by_unit_rows(distance):
    image_ND, text_ND = gapped_pairs(300, 16, seed=1)
    before = gap_of(image_ND, text_ND)
    moved_ND = widened(image_ND, text_ND, distance, seed=0)
    after = gap_of(image_ND, moved_ND)
    assert before["centroid_distance"] < distance
    assert after["centroid_distance"] == pytest.approx(distance, abs=1e-5)
    assert after["pair_cosine"] < before["pair_cosine"]
    np.testing.assert_allclose(np.linalg.norm(moved_ND, axis=1), 1, atol=1e-6)


def test_without_a_gap_the_texts_move_at_right_angles_to_the_images_mean(unit_rows):
    image_ND = unit_rows(200, 8, seed=3)
    image_ND[:, 0] = np.abs(image_ND[:, 0])
    moved_ND = widened(image_ND, image_ND, 0.5, seed=4)
    assert gap_of(image_ND, moved_ND)["centroid_distance"] == pytest.approx(0.5, abs=1e-5)
    np.testing.assert_array_equal(moved_ND, widened(image_ND, image_ND, 0.5, seed=4))
    assert not np.array_equal(moved_ND, widened(image_ND, image_ND, 0.5, seed=5))


def test_a_gap_that_cannot_be_is_refused_in_one_line():
    image_ND, text_ND = gapped_pairs(300, 16, seed=1)
    with pytest.raises(ValueError, match=r"--gaps: 0\.1 is less than the vectors' own gap, 0\.\d+"):
        widened(image_ND, text_ND, 0.1, seed=0)
    with pytest.raises(ValueError, match=r"--gaps: 1\.9 is out of reach"):
        widened(image_ND, text_ND, 1.9, seed=0)

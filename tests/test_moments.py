"""Moments by blocks are NumPy's own; a carried query lies where the other modality lies."""

import numpy as np
import pytest

from components import moments
from components.moments import carried, moments_of


def test_moments_by_blocks_are_those_of_the_whole(unit_rows, monkeypatch):
    monkeypatch.setattr(moments, "BLOCK", 7)
    vectors = unit_rows(50, 8, seed=1)
    found = moments_of(vectors)
    np.testing.assert_allclose(found.mean_D, vectors.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(found.deviation_D, vectors.std(axis=0), atol=1e-7)


@pytest.mark.parametrize("how", ["centred", "standardised"])
def test_an_offset_between_the_clouds_is_taken_away(unit_rows, how):
    image = unit_rows(200, 8, seed=1)
    offset = np.array([0, 0, 0, 0, 0, 0, 0, 2.0])
    text = image + offset  # before it is made unit again: the same cloud elsewhere
    back = carried(text, moments_of(text), moments_of(image), how)
    np.testing.assert_allclose(back, image, atol=1e-5)


def test_a_stretched_cloud_is_taken_back_by_standardisation_alone(unit_rows):
    image = unit_rows(200, 8, seed=1)
    text = 0.5 + image * np.array([3, 1, 1, 1, 1, 1, 1, 0.2])
    own, other = moments_of(text), moments_of(image)
    np.testing.assert_allclose(carried(text, own, other, "standardised"), image, atol=1e-4)
    assert np.abs(carried(text, own, other, "centred") - image).max() > 0.1


def test_without_removal_the_query_stays_what_it_is(unit_rows):
    query = unit_rows(3, 8, seed=2)
    assert carried(query, moments_of(query), moments_of(query[:2]), "none") is query


def test_a_flat_coordinate_does_no_harm():
    text = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert np.isfinite(carried(text, moments_of(text), moments_of(np.eye(2)), "standardised")).all()


def test_moments_survive_the_disk(unit_rows, tmp_path):
    image, text = moments_of(unit_rows(9, 4, seed=1)), moments_of(unit_rows(9, 4, seed=2))
    moments.save(image, text, tmp_path / "moments.npy")
    again = moments.load(tmp_path / "moments.npy")
    np.testing.assert_array_equal(again["text"].deviation_D, text.deviation_D)
    np.testing.assert_array_equal(again["image"].mean_D, image.mean_D)

"""Narrowed vectors keep the inner products that matter most."""

import numpy as np
import pytest

from benchmarks.retrieval.gap import gap_of
from benchmarks.retrieval.narrowed import narrowed
from tests.index.made import gapped_pairs


def test_vectors_that_lie_in_a_plane_lose_nothing_in_two_dimensions():
    angle_N = np.linspace(0, 2, 40)
    plane_2D = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 2)))[0].T
    image_ND, text_ND = (np.stack([np.cos(a), np.sin(a)], axis=1) @ plane_2D for a in (angle_N, angle_N + 0.4))
    image_NW, text_NW = narrowed(image_ND.astype(np.float32), text_ND.astype(np.float32), 2)
    np.testing.assert_allclose(text_NW @ image_NW.T, text_ND @ image_ND.T, atol=1e-5)
    assert gap_of(image_NW, text_NW) == pytest.approx(gap_of(image_ND, text_ND), abs=1e-5)


def test_fewer_directions_are_the_first_of_more_and_rows_are_unit():
    image_ND, text_ND = gapped_pairs(200, 16, seed=1)
    for width in (4, 8):
        for vector_NW in narrowed(image_ND, text_ND, width):
            assert vector_NW.shape == (200, width)
            np.testing.assert_allclose(np.linalg.norm(vector_NW, axis=1), 1, atol=1e-6)
    own_NN = text_ND @ image_ND.T
    errors = []
    for width in (4, 8, 15):
        image_NW, text_NW = narrowed(image_ND, text_ND, width)
        errors.append(np.abs(text_NW @ image_NW.T - own_NN).mean())
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("width", [0, 16, 17])
def test_vectors_are_only_narrowed(width):
    with pytest.raises(ValueError, match=rf"--widths: {width} is no width below the vectors' own, 16"):
        narrowed(*gapped_pairs(20, 16, seed=1), width)

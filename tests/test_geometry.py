"""The geometry of two clouds, from cases that a reader can work out and from slow loops."""

import math

import numpy as np
import pytest
import torch

from components.geometry import (
    alignment,
    centroid_distance,
    centroid_uniformity,
    cross_uniformity,
    linear_separability,
    squared_distances,
    uniformity,
)

NORTH, SOUTH, EAST = [0.0, 1.0], [0.0, -1.0], [1.0, 0.0]


def points(*rows: list[float]) -> torch.Tensor:
    return torch.tensor(rows)


@pytest.mark.parametrize(
    ("image", "text", "expected"),
    [
        (points(NORTH, NORTH), points(NORTH, NORTH), 0.0),
        (points(NORTH, NORTH), points(SOUTH, SOUTH), 2.0),
        (points(NORTH, SOUTH), points(EAST, EAST), 1.0),  # centroids (0, 0) and (1, 0)
    ],
    ids=["overlapping", "opposite-poles", "spread-against-point"],
)
def test_centroid_distance(image, text, expected):
    assert centroid_distance(image, text).item() == pytest.approx(expected)


def test_alignment_is_the_mean_squared_distance_of_the_pairs():
    # one pair together (0), one opposite (4)
    assert alignment(points(NORTH, NORTH), points(NORTH, SOUTH)).item() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        (points(NORTH, NORTH, NORTH), 0.0),  # one place: log exp(0)
        (points(NORTH, SOUTH), -8.0),  # squared distance 4, times -2
        (points(NORTH, EAST), -4.0),  # squared distance 2, times -2
    ],
    ids=["one-place", "opposite-poles", "right-angle"],
)
def test_uniformity(cloud, expected):
    assert uniformity(cloud).item() == pytest.approx(expected, abs=1e-5)


def test_cross_uniformity_looks_at_other_pairs_only():
    # pairs are (N, N) and (S, S); the two cross distances are both 4
    assert cross_uniformity(points(NORTH, SOUTH), points(NORTH, SOUTH)).item() == pytest.approx(-8.0, abs=1e-5)


def test_cross_uniformity_leaves_equal_captions_alone():
    image, text = points(NORTH, NORTH, SOUTH), points(NORTH, NORTH, SOUTH)
    same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    assert cross_uniformity(image, text, same).item() == pytest.approx(-8.0, abs=1e-5)
    assert cross_uniformity(image, text).item() > -8.0
    assert cross_uniformity(image, text, torch.ones(3, 3, dtype=torch.bool)).item() == 0.0


def test_uniformity_agrees_with_loops(unit_rows):
    cloud = unit_rows(7, 5, seed=1)
    total = [
        math.exp(-2 * float(((a - b) ** 2).sum())) for i, a in enumerate(cloud) for j, b in enumerate(cloud) if i != j
    ]
    assert uniformity(torch.from_numpy(cloud)).item() == pytest.approx(math.log(np.mean(total)), abs=1e-5)


def test_squared_distances_agree_with_numpy(unit_rows):
    left, right = unit_rows(4, 6, seed=2), unit_rows(3, 6, seed=3)
    expected = ((left[:, None] - right[None]) ** 2).sum(axis=2)
    found = squared_distances(torch.from_numpy(left), torch.from_numpy(right)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_modalities_far_apart_are_separable_and_equal_ones_are_not(unit_rows):
    image = unit_rows(200, 8, seed=4)
    shifted = image.copy()
    shifted[:, 0] += 5
    shifted /= np.linalg.norm(shifted, axis=1, keepdims=True)
    assert linear_separability(image, shifted, seed=0) > 0.95
    assert linear_separability(image, image, seed=0) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("image", "text", "expected"),
    [
        (points(NORTH, EAST), points(EAST, NORTH), 0.0),  # both midpoints lie north-east
        (points(NORTH, SOUTH), points(NORTH, SOUTH), -8.0),  # midpoints at opposite poles
        (points(NORTH, NORTH), points(NORTH, EAST), -2 * (2 - math.sqrt(2))),  # midpoints 45 degrees apart
    ],
    ids=["one-midpoint", "opposite-poles", "half-a-right-angle"],
)
def test_centroid_uniformity(image, text, expected):
    assert centroid_uniformity(image, text).item() == pytest.approx(expected, abs=1e-5)


def test_centroid_uniformity_agrees_with_loops(unit_rows):
    image, text = unit_rows(6, 5, seed=8), unit_rows(6, 5, seed=9)
    middle = [(v + t) / np.linalg.norm(v + t) for v, t in zip(image, text, strict=True)]
    total = [math.exp(-2 * ((a - b) ** 2).sum()) for i, a in enumerate(middle) for j, b in enumerate(middle) if i != j]
    found = centroid_uniformity(torch.from_numpy(image), torch.from_numpy(text)).item()
    assert found == pytest.approx(math.log(np.mean(total)), abs=1e-5)

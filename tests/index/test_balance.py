"""Prices even the lists out, and leave them alone where nothing was asked."""

import numpy as np
import pytest

from components.index import balance
from components.index.balance import chosen_lists, list_prices, soft_shares, table
from components.index.card import imbalance


def sizes(image_ND, centroid_LD, price_L):
    return np.bincount(chosen_lists(image_ND, table(centroid_LD, price_L)), minlength=len(centroid_LD))


def test_two_lists_are_parted_at_the_middle_image():
    """Images from 0 to 60 degrees between two axes: the nearest axis changes at 45, half of the images are at 30."""
    angle_N = np.radians(np.linspace(0, 60, 601))
    image_ND = np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1).astype(np.float32)
    centroid_LD = np.eye(2, dtype=np.float32)
    np.testing.assert_allclose(sizes(image_ND, centroid_LD, np.zeros(2)), [450, 151], atol=1)
    price_L = list_prices(image_ND, centroid_LD, 60)
    np.testing.assert_allclose(sizes(image_ND, centroid_LD, price_L), [300, 301], atol=6)
    assert price_L[0] - price_L[1] == pytest.approx(np.cos(np.pi / 6) - 0.5, abs=0.02)


@pytest.mark.parametrize("lists", [2, 10, 40])
def test_lists_are_never_less_even_than_without_prices(unit_rows, lists):
    image_ND, centroid_LD = unit_rows(2000, 8, seed=1), unit_rows(lists, 8, seed=2)
    free, priced = (
        imbalance(sizes(image_ND, centroid_LD, price_L))
        for price_L in (np.zeros(lists), list_prices(image_ND, centroid_LD, 60))
    )
    assert priced <= free and priced < 1.05


def test_a_list_is_chosen_by_product_less_price(unit_rows):
    image_ND, centroid_LD = unit_rows(300, 8, seed=1), unit_rows(7, 8, seed=2)
    price_L = np.random.default_rng(0).uniform(-0.3, 0.3, size=7)
    expected = [max(range(7), key=lambda j, x=x: x @ centroid_LD[j] - price_L[j]) for x in image_ND]
    np.testing.assert_array_equal(chosen_lists(image_ND, table(centroid_LD, price_L)), expected)


def test_soft_shares_by_hand(monkeypatch):
    """One image on the first axis, one on the second; e^1 against e^0 at temperature 1, a price of 1 undoes it."""
    image_ND = np.eye(2, dtype=np.float32)
    share = np.e / (np.e + 1)
    first, second = soft_shares(image_ND[:1], table(image_ND, np.zeros(2)), 1.0)
    assert (first, second) == (pytest.approx(share), pytest.approx(1 - share))
    np.testing.assert_allclose(soft_shares(image_ND[:1], table(image_ND, np.array([1.0, 0.0])), 1.0), 0.5)
    monkeypatch.setattr(balance, "SCORES", 2)  # an image at a time
    np.testing.assert_allclose(soft_shares(image_ND, table(image_ND, np.zeros(2)), 1.0), 0.5)


@pytest.mark.parametrize(("lists", "rounds"), [(7, 0), (1, 60)], ids=["no rounds", "one list"])
def test_nothing_asked_costs_nothing(unit_rows, lists, rounds):
    np.testing.assert_array_equal(list_prices(unit_rows(50, 8, seed=1), unit_rows(lists, 8, seed=2), rounds), 0)

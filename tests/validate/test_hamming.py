"""Near hashes are found exactly: against a plain comparison of all with all."""

import numpy as np
import pytest

from components.validate import hamming
from components.validate.hamming import pairs_within, words_of


def clustered(count: int, flips: int, seed: int) -> np.ndarray:
    """Hashes around ten centres, each with so many bits flipped: many pairs near each bound."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (10, 256))[rng.integers(0, 10, count)]
    for row in bits:
        row[rng.permutation(256)[: rng.integers(0, flips + 1)]] ^= 1
    return np.packbits(bits, axis=1).astype(np.uint8).view(np.uint64)


def all_with_all(left, right, max_bits):
    """The slow, plain reading."""
    return [
        (i, j)
        for i, one in enumerate(left)
        for j, other in enumerate(right)
        if sum(int(a ^ b).bit_count() for a, b in zip(one.tolist(), other.tolist(), strict=True)) <= max_bits
    ]


@pytest.mark.parametrize("max_bits", [0, 1, 3, 4, 12, 31])
def test_pairs_between_two_sets(max_bits):
    left, right = clustered(60, 20, seed=1), clustered(50, 20, seed=1)
    expected = all_with_all(left, right, max_bits)
    assert [tuple(pair) for pair in pairs_within(left, right, max_bits).tolist()] == expected
    assert expected  # the comparison is not empty


@pytest.mark.parametrize("max_bits", [0, 5, 12])
def test_pairs_within_one_set_come_once(max_bits):
    hashes = clustered(80, 12, seed=2)
    expected = [(i, j) for i, j in all_with_all(hashes, hashes, max_bits) if i < j]
    assert [tuple(pair) for pair in pairs_within(hashes, hashes, max_bits).tolist()] == expected


def test_blocks_change_nothing(monkeypatch):
    hashes = clustered(200, 12, seed=3)
    whole = pairs_within(hashes, hashes, 8)
    monkeypatch.setattr(hamming, "COMPARED_AT_ONCE", 7)
    assert np.array_equal(pairs_within(hashes, hashes, 8), whole)


def test_one_flipped_bit_at_the_bound():
    zero, twelve = "0" * 64, "fff" + "0" * 61  # 3 hexadecimal digits f: 12 bits
    hashes = words_of([zero, twelve])
    assert pairs_within(hashes, hashes, 11).tolist() == []
    assert pairs_within(hashes, hashes, 12).tolist() == [[0, 1]]


@pytest.mark.parametrize(("left", "right"), [(0, 3), (3, 0), (0, 0)])
def test_nothing_is_near_nothing(left, right):
    hashes = clustered(3, 1, seed=4)
    assert pairs_within(hashes[:left], hashes[:right], 12).shape == (0, 2)

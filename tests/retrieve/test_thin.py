"""Near-duplicates: against a plain comparison of each candidate with all that were kept before it."""

import numpy as np
import pytest

from components.retrieve import thin as thinning
from components.retrieve.thin import Nearness, thin

ZERO = "00" * 32
TWO_BITS = "03" + "00" * 31
THREE_BITS = "07" + "00" * 31


def never(count: int) -> np.ndarray:
    return np.zeros(count, dtype=bool)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("none", [-1, -1, -1, -1]),
        ("hash", [-1, 0, -1, 0]),
        ("vector", [-1, -1, 0, 0]),
        ("both", [-1, -1, -1, 0]),
        ("either", [-1, 0, 0, 0]),
    ],
)
def test_what_counts_as_one_picture(by, expected):
    vectors = np.eye(2, dtype=np.float32)[[0, 1, 0, 0]]
    repeated = thin(vectors, [ZERO, TWO_BITS, THREE_BITS, TWO_BITS], Nearness(by, 2, 0.9), always_N=never(4))
    assert repeated.tolist() == expected


def test_a_chain_of_neighbours_is_not_one_picture():
    """The second repeats the first and goes; the third is near the second alone, and stays."""
    hashes = [ZERO, TWO_BITS, "0f" + "00" * 31]
    repeated = thin(np.eye(3, dtype=np.float32), hashes, Nearness("hash", 2, 1.0), always_N=never(3))
    assert repeated.tolist() == [-1, 0, -1]


def test_what_must_stay_stays_and_thins_others():
    always = np.array([False, True, False])
    repeated = thin(np.eye(3, dtype=np.float32), [ZERO] * 3, Nearness("hash", 0, 1.0), always_N=always)
    assert repeated.tolist() == [-1, -1, 0]


def test_nothing_to_thin():
    assert thin(np.empty((0, 4), dtype=np.float32), [], Nearness("both", 2, 0.9), always_N=never(0)).tolist() == []


@pytest.mark.parametrize("by", ["hash", "vector", "both", "either"])
@pytest.mark.parametrize(("at_once", "kept_at_once"), [(1024, 8192), (7, 5)])
def test_the_same_are_thinned_as_by_comparing_all_with_all(by, at_once, kept_at_once, monkeypatch):
    monkeypatch.setattr(thinning, "COMPARED_AT_ONCE", at_once)
    monkeypatch.setattr(thinning, "KEPT_AT_ONCE", kept_at_once)
    vectors, hashes = alike(120, seed=3)
    always = np.random.default_rng(4).random(120) < 0.1
    nearness = Nearness(by, 12, 0.96)
    expected = repeated_by_loops(vectors, hashes, nearness, always)
    assert thin(vectors, hashes, nearness, always_N=always).tolist() == expected
    assert 10 < sum(each >= 0 for each in expected) < 110  # some go and some stay


def alike(count: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Candidates around a few pictures, some near by hash, some by vector, some by both."""
    generator = np.random.default_rng(seed)
    hash_picture = generator.integers(0, 12, count)
    vector_picture = np.where(generator.random(count) < 0.6, hash_picture, generator.integers(0, 12, count))
    bits = generator.integers(0, 2, (12, 256))[hash_picture]
    for row in bits:
        row[generator.permutation(256)[: generator.integers(0, 13)]] ^= 1
    hashes = [np.packbits(row).tobytes().hex() for row in bits]
    vectors = generator.normal(size=(12, 16))[vector_picture]
    vectors = vectors + generator.uniform(0, 0.4, (count, 1)) * generator.normal(size=(count, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), hashes


def repeated_by_loops(vectors, hashes, nearness, always) -> list[int]:
    """The slow, plain reading."""
    kept: list[int] = []
    repeated = []
    for row in range(len(hashes)):
        first = next((each for each in kept if near(vectors, hashes, nearness, row, each)), -1)
        repeated.append(-1 if always[row] else first)
        if repeated[-1] < 0:
            kept.append(row)
    return repeated


def near(vectors, hashes, nearness, one, other) -> bool:
    by_hash = (int(hashes[one], 16) ^ int(hashes[other], 16)).bit_count() <= nearness.bits
    by_vector = float(vectors[one] @ vectors[other]) >= nearness.cosine
    return {
        "hash": by_hash,
        "vector": by_vector,
        "both": by_hash and by_vector,
        "either": by_hash or by_vector,
    }[nearness.by]

"""Copies of evaluation images: near by vector and by hash, not by either alone."""

import numpy as np

from components.retrieve.guard import copies, hash_bits

ZERO, FAR = "00" * 32, "ff" * 32
NEAR = "03" + "00" * 31  # two bits away


def test_a_copy_is_near_by_both_measures():
    vectors = np.eye(2, dtype=np.float32)[[0, 0, 1, 0]]
    mask = copies(
        vectors, [NEAR, FAR, NEAR, ZERO], np.eye(2, dtype=np.float32)[:1], [ZERO], copy_cosine=0.9, copy_bits=2
    )
    assert mask.tolist() == [True, False, False, True]


def test_without_an_evaluation_set_nothing_is_a_copy():
    vectors = np.eye(2, dtype=np.float32)
    assert not copies(vectors, [ZERO, ZERO], vectors[:0], [], copy_cosine=0.9, copy_bits=9).any()


def test_bits_of_a_hash():
    assert hash_bits([NEAR]).sum() == 2
    assert hash_bits([FAR]).sum() == 256

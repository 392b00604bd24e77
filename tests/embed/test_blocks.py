"""Vectors written block by block are the array they would have been."""

import numpy as np
import pytest

from components.embed.blocks import write_vectors


def test_blocks_become_one_array(unit_rows, tmp_path):
    vectors = unit_rows(10, 4, seed=1)
    write_vectors(iter([vectors[:6], vectors[6:]]), 10, 4, tmp_path / "v.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), vectors)


def test_no_rows_are_an_empty_array(tmp_path):
    write_vectors(iter([]), 0, 4, tmp_path / "v.npy")
    assert np.load(tmp_path / "v.npy").shape == (0, 4)


def test_a_missing_block_is_our_mistake(unit_rows, tmp_path):
    with pytest.raises(AssertionError, match=r"6 vectors for 10 rows of v.npy"):
        write_vectors(iter([unit_rows(6, 4, seed=1)]), 10, 4, tmp_path / "v.npy")

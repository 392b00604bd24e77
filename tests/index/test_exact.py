"""Exact neighbours over blocks, against NumPy."""

import numpy as np

from components.index.exact import nearest


def test_blocks_answer_as_one_table_does(unit_rows):
    query_QD, vector_ND = unit_rows(7, 12, seed=1), unit_rows(101, 12, seed=2)
    blocks = [(first, vector_ND[first : first + 30]) for first in range(0, 101, 30)]  # the last block has 11 rows
    score_QK, row_QK = nearest(query_QD, blocks, 5)
    product_QN = query_QD @ vector_ND.T
    np.testing.assert_array_equal(row_QK, np.argsort(-product_QN, axis=1)[:, :5])
    np.testing.assert_allclose(score_QK, -np.sort(-product_QN, axis=1)[:, :5], atol=1e-6)


def test_a_vector_that_may_not_find_itself_finds_the_next(unit_rows):
    vector_ND = unit_rows(50, 12, seed=2)
    row_QK = nearest(vector_ND[:9], [(0, vector_ND)], 3, but_Q=np.arange(9))[1]
    np.testing.assert_array_equal(row_QK, np.argsort(-vector_ND[:9] @ vector_ND.T, axis=1)[:, 1:4])


def test_fewer_vectors_than_neighbours_give_fewer_columns(unit_rows):
    assert nearest(unit_rows(2, 4, seed=1), [(0, unit_rows(3, 4, seed=2))], 10)[1].shape == (2, 3)
    assert nearest(unit_rows(2, 4, seed=1), [(0, unit_rows(3, 4, seed=2))], 10, but_Q=np.arange(2))[1].shape == (2, 2)

"""Clustered preference: one of each cluster, then a second of each."""

import faiss
import numpy as np
import pytest

from components.retrieve.cluster import clusters_of, one_thread, spread_order


def groups(sizes: list[int], width: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors around as many far-off unit axes as there are sizes, and each one's group, in shuffled order."""
    generator = np.random.default_rng(seed)
    group_N = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return (np.eye(width)[group_N] + 0.01 * generator.normal(size=(len(group_N), width))).astype(np.float32), group_N


@pytest.mark.parametrize("pick", ["random", "best"])
def test_the_first_places_hold_one_of_each_group(pick):
    vector_ND, group_N = groups([30, 5, 1, 12], 8, seed=1)
    order = spread_order(vector_ND, 4, pick=pick, generator=np.random.default_rng(0))
    assert sorted(order) == list(range(48))
    assert sorted(group_N[order[:4]]) == [0, 1, 2, 3]
    assert sorted(group_N[order[4:7]]) == [0, 1, 3]  # group 2 had only one


def test_the_best_of_each_group_is_its_first():
    vector_ND, group_N = groups([30, 5, 1, 12], 8, seed=1)
    order = spread_order(vector_ND, 4, pick="best", generator=np.random.default_rng(0))
    assert order[:4].tolist() == sorted(group_N.tolist().index(group) for group in range(4))


def test_a_random_pick_can_be_any_of_the_group_and_is_the_seeds():
    vector_ND, group_N = groups([30, 5, 1, 12], 8, seed=1)
    orders = [
        spread_order(vector_ND, 4, pick="random", generator=np.random.default_rng(seed)) for seed in [*range(40), 0]
    ]
    picked = {row for order in orders for row in order[:4].tolist() if group_N[row] == 1}
    assert len(picked) == 5
    assert orders[0].tolist() == orders[-1].tolist()


def test_with_no_more_candidates_than_places_all_come_as_they_are():
    vector_ND, _ = groups([2, 2], 8, seed=1)
    order = spread_order(vector_ND, 4, pick="random", generator=np.random.default_rng(0))
    assert order.tolist() == [0, 1, 2, 3]


def test_vectors_that_repeat_are_all_ordered():
    vector_ND = np.ones((9, 4), dtype=np.float32)
    assert sorted(spread_order(vector_ND, 3, pick="best", generator=np.random.default_rng(0))) == list(range(9))


def test_clusters_are_the_same_however_many_threads_faiss_has(unit_rows):
    vectors = unit_rows(400, 32, seed=2)
    threads = faiss.omp_get_max_threads()
    found = []
    for each in (1, 2):
        faiss.omp_set_num_threads(each)
        found.append(clusters_of(vectors, 20, seed=7).tolist())
        assert faiss.omp_get_max_threads() == each  # as before
    faiss.omp_set_num_threads(threads)
    assert found[0] == found[1]
    assert set(found[0]) == set(range(20))


def test_threads_come_back_after_a_fault():
    before = faiss.omp_get_max_threads()
    with pytest.raises(RuntimeError), one_thread():
        raise RuntimeError
    assert faiss.omp_get_max_threads() == before

"""Which descriptors tell classes apart: planted cases, the controls, and the paper read in loops."""

import itertools

import numpy as np
import pytest

from components.retrieve.augmentation import (
    augmented_prompts,
    chosen_descriptors,
    closeness,
    names_by_script,
    prompt_vectors,
    select_descriptors,
    spherical_clusters,
)
from components.task import parse_labels
from components.zeroshot import unit

PAIRS_CD = unit(np.array([[1, 0, 0.2], [1, 0, -0.2], [0, 1, 0.2], [0, 1, -0.2]]))
"""Two clusters of two similar classes each, told apart by the third coordinate."""


def spread(amount):
    """The same classes with the third coordinate, and so the distance inside each cluster, times `amount`."""
    return unit(PAIRS_CD * [1, 1, amount])


def test_the_mean_cosine_of_a_cluster_counts_each_vector_with_itself():
    vector_CD = np.array([[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]])
    cluster_C = np.array([0, 0, 1, 1, 2])
    np.testing.assert_allclose(closeness(vector_CD, cluster_C), [(1 + 0 + 0 + 1) / 4, 1.0])  # the third holds one class


def test_a_descriptor_that_spreads_similar_classes_wins_and_one_that_merges_them_loses():
    augmented_ACD = [spread(0), spread(3), PAIRS_CD, spread(2)]  # merges, spreads, as before, spreads less
    assert select_descriptors(PAIRS_CD, augmented_ACD, clusters=2, keep=4, seed=0).tolist() == [1, 3, 2, 0]
    assert select_descriptors(PAIRS_CD, iter(augmented_ACD), clusters=2, keep=1, seed=0).tolist() == [1]


def test_the_number_of_clusters_spread_comes_before_how_far():
    far_in_one = np.concatenate([spread(9)[:2], spread(0.9)[2:]])
    near_in_both = spread(1.1)
    assert select_descriptors(PAIRS_CD, [far_in_one, near_in_both], clusters=2, keep=2, seed=0).tolist() == [1, 0]


def test_a_full_tie_goes_by_the_order_of_the_pool():
    assert select_descriptors(PAIRS_CD, [spread(2)] * 3, clusters=2, keep=2, seed=0).tolist() == [0, 1]


def test_a_small_task_keeps_two_classes_to_a_cluster():
    """Sixteen clusters of four classes would all be skipped, and the order of the pool would decide."""
    assert select_descriptors(PAIRS_CD, [spread(0.5), spread(2)], clusters=16, keep=1, seed=0).tolist() == [1]


def test_k_means_finds_planted_clusters_and_comes_to_rest():
    rng = np.random.default_rng(3)
    center_KD = np.linalg.qr(rng.normal(size=(16, 16)))[0][:5]
    planted_C = np.repeat(np.arange(5), 6)
    vector_CD = unit(center_KD[planted_C] + 0.1 * rng.normal(size=(30, 16)))
    cluster_C = spherical_clusters(vector_CD, 5, seed=0)
    assert len({*zip(planted_C.tolist(), cluster_C.tolist(), strict=True)}) == 5
    mean_KD = unit(np.stack([vector_CD[cluster_C == number].sum(axis=0) for number in range(5)]))
    np.testing.assert_array_equal((vector_CD @ mean_KD.T).argmax(axis=1), cluster_C)


def test_the_selection_agrees_with_the_paper_in_loops():
    rng = np.random.default_rng(7)
    plain_CD = unit(rng.normal(size=(40, 8)) + 0.5)
    augmented_ACD = unit(plain_CD + 0.15 * rng.normal(size=(60, 40, 8)))
    cluster_C = spherical_clusters(plain_CD, 9, seed=2)
    kept = select_descriptors(plain_CD, augmented_ACD, clusters=9, keep=25, seed=2)
    assert kept.tolist() == selection_by_loops(plain_CD, augmented_ACD, cluster_C)[:25]


def selection_by_loops(plain_CD, augmented_ACD, cluster_C):
    def closeness_of(vector_CD, members):
        return np.mean([vector_CD[one] @ vector_CD[other] for one, other in itertools.product(members, repeat=2)])

    clusters = [np.flatnonzero(cluster_C == number) for number in sorted(set(cluster_C.tolist()))]
    clusters = [members for members in clusters if len(members) >= 2]
    key = []
    for number, augmented_CD in enumerate(augmented_ACD):
        loss, difference = 0, 0.0
        for members in clusters:
            before, after = closeness_of(plain_CD, members), closeness_of(augmented_CD, members)
            loss += after >= before
            difference += after - before
        key.append((loss, difference, number))
    return [number for _, _, number in sorted(key)]


class Towers:
    """The smallest text side: a vector that each text's letters decide; `spreading` moves classes apart."""

    def __init__(self):
        self.seen = []

    def __call__(self, texts):
        self.seen += texts
        return unit(np.stack([self.vector(text) for text in texts]))

    @staticmethod
    def vector(text):
        own = np.array([len(text.split()[0]) % 2, "b" in text, "ト" in text]) - 0.5
        return np.array([1, 1, 1, 1, 1, 1]) + np.concatenate([own * (4 if "spreading" in text else 1), np.zeros(3)])


LABELS = parse_labels(["bolt | ボルト", "nuts | ナット", "cam", "bar"])
POOL = {"en": [" dull", " spreading", " plain"], "ja": ["、甲", "、乙", "、丙"]}


def choose(choice, **changes):
    settings = {"clusters": 16, "keep": 1, "seed": 1, **changes}
    return chosen_descriptors(choice, Towers(), LABELS, ["{}", "a {}"], POOL, **settings)


def test_no_augmentation_is_the_prompt_as_it_stands():
    assert choose("none") == {"en": [""], "ja": [""]}


def test_random_is_the_seeds_own_draw():
    drawn = choose("random", keep=2)
    assert drawn == choose("random", keep=2)
    assert set(drawn["en"]) < set(POOL["en"]) and len(set(drawn["ja"])) == 2
    assert len({tuple(choose("random", keep=2, seed=seed)["en"]) for seed in range(20)}) > 1


def test_adaptive_takes_the_descriptor_that_spreads():
    assert choose("adaptive")["en"] == [" spreading"]
    assert choose("adaptive") == choose("adaptive")


def test_a_script_with_one_name_has_nothing_to_tell_apart():
    labels = parse_labels(["bolt | ボルト", "nut"])
    chosen = chosen_descriptors("adaptive", Towers(), labels, ["{}"], POOL, clusters=2, keep=1, seed=1)
    assert chosen == {"en": [" spreading"], "ja": [""]}


def test_more_than_the_pool_holds_is_refused():
    with pytest.raises(ValueError) as error:
        choose("adaptive", keep=4)
    assert str(error.value) == (
        "params.yaml: retrieve.augmentation.keep is 4, but there are 3 descriptors in `en`. "
        "Lower it, or add lines to retrieve.augmentation.descriptors_file."
    )


def test_each_script_speaks_for_the_labels_that_have_a_name_in_it():
    labels = parse_labels(["bolt | ボルト | 螺子", "ナット | nut"])
    assert names_by_script(labels) == {"en": ["bolt", "nut"], "ja": ["ボルト", "ナット"]}


def test_descriptors_stand_behind_names_of_their_script():
    label = parse_labels(["bolt | ボルト"])[0]
    chosen = {"en": [" old", ", new"], "ja": ["、古い"]}
    assert augmented_prompts(label, ["{}", "a {}"], chosen) == [
        "bolt old", "bolt, new", "ボルト、古い", "a bolt old", "a bolt, new", "a ボルト、古い",
    ]  # fmt: skip


def test_a_vector_of_a_class_is_the_unit_mean_over_templates_and_blocks_change_nothing():
    towers = Towers()
    names, templates, descriptors = ["bolt", "nuts"], ["{}", "big {}"], [f" {number}" for number in range(1500)]
    blocks = list(prompt_vectors(towers, names, templates, descriptors))
    assert len(blocks) == 1500
    expected = unit(towers(["nuts 7"])[0] + towers(["big nuts 7"])[0])
    np.testing.assert_allclose(blocks[7][1], expected)

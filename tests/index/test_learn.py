"""What an index learns, it learns from pairs by exact nearest image, and never from held-out rows."""

import numpy as np
import pytest

from components.index import vectors as vectors_module
from components.index.learn import learn, pairs, thinned
from components.index.taught import Taught
from components.index.vectors import open_pair
from tests.index.made import gapped_pairs, save_pairs, small_params

ALL = Taught(400, np.empty(0, dtype=np.int64))


@pytest.fixture
def opened(vectors):
    return open_pair(vectors / "corpus_image.npy", vectors / "corpus_text.npy")


def test_a_caption_is_paired_with_its_exact_nearest_image(opened):
    found = pairs(opened, ALL, small_params(), 3, np.random.default_rng(0))
    product_NM = np.load(opened["text"].file)[found.caption_N] @ np.load(opened["image"].file).T
    np.testing.assert_array_equal(found.near_NK, np.argsort(-product_NM, axis=1)[:, :3])
    assert len(found.image_M) == len(found.caption_N) == 400


def test_pairs_do_not_depend_on_the_blocks_they_are_read_in(opened, monkeypatch):
    whole = pairs(opened, ALL, small_params(), 3, np.random.default_rng(0))
    monkeypatch.setattr(vectors_module, "BLOCK_BYTES", 4 * 16 * 37)  # 37 rows of sixteen floats
    in_blocks = pairs(opened, ALL, small_params(), 3, np.random.default_rng(0))
    np.testing.assert_array_equal(in_blocks.near_NK, whole.near_NK)


def test_captions_and_images_come_from_one_draw(opened):
    params = small_params(pairing_images=100, train_vectors_per_list=4)
    found = pairs(opened, ALL, params, 1, np.random.default_rng(0))
    assert (len(found.image_M), len(found.caption_N)) == (100, 32)
    image_ND, text_ND = (np.load(opened[side].file) for side in ("image", "text"))
    product_NM = text_ND[found.caption_N] @ image_ND[found.image_M].T
    np.testing.assert_array_equal(found.near_NK[:, 0], product_NM.argmax(axis=1))
    assert np.isin(found.caption_N, found.image_M).all()


def test_a_codec_learns_from_rows_evenly_spaced():
    np.testing.assert_array_equal(thinned(np.arange(10), 4), [0, 2, 5, 7])
    np.testing.assert_array_equal(thinned(np.arange(10), 10), np.arange(10))


@pytest.mark.parametrize("changes", [{"kind": "ivf"}, {"kind": "paired", "balance_rounds": 5}, {"kind": "routed"}])
def test_held_out_rows_teach_nothing(changes, tmp_path):
    image_ND, text_ND = gapped_pairs(300, 8, seed=6)
    held_q = np.arange(0, 300, 11)
    learned = []
    for name in ("as they are", "turned round"):
        folder = save_pairs(tmp_path / name, image_ND, text_ND)
        opened = open_pair(folder / "corpus_image.npy", folder / "corpus_text.npy")
        learned.append(learn(opened, "image", small_params(**changes), held_q))
        image_ND, text_ND = image_ND.copy(), text_ND.copy()
        image_ND[held_q] *= -1
        text_ND[held_q] *= -1
    first, second = (each.empty.quantizer.reconstruct_n(0, 8) for each in learned)
    np.testing.assert_array_equal(first, second)
    for name in ("router_LE", "price_L"):
        np.testing.assert_array_equal(getattr(learned[0], name), getattr(learned[1], name))


@pytest.mark.parametrize("kind", ["paired", "routed"])
def test_captions_own_index_is_plain_k_means(opened, kind):
    nothing = np.empty(0, dtype=np.int64)
    learned = [learn(opened, "text", small_params(kind=each), nothing) for each in (kind, "ivf")]
    np.testing.assert_array_equal(*(each.empty.quantizer.reconstruct_n(0, 8) for each in learned))


def test_more_lists_than_vectors(opened):
    with pytest.raises(
        ValueError, match=r"params.yaml: index.lists is 500, but there are only 400 vectors .* Lower index.lists"
    ):
        learn(opened, "image", small_params(lists=500), np.empty(0, dtype=np.int64))

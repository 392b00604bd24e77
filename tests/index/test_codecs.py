"""Every codec of every kind keeps inner products as well as its bytes allow, and says where it does not fit."""

import numpy as np
import pytest

from tests.index.made import build, small_params

CLOSE = {"flat": 1e-6, "fp16": 2e-3, "sq8": 0.02, "sq4": 0.2, "pq": 0.6}
KINDS = ["flat", "ivf", "paired", "routed", "hnsw"]
COMBINATIONS = [
    (kind, codec, centred)
    for kind in KINDS
    for codec in CLOSE
    for centred in (False, True)
    if (kind, codec) != ("hnsw", "pq") and (codec != "pq" or centred == (kind == "paired"))
]


@pytest.mark.parametrize(("kind", "codec", "centred"), COMBINATIONS)
def test_scores_are_inner_products(vectors, pairs, tmp_path, kind, codec, centred):
    index = build(vectors, tmp_path / "image", kind=kind, codec=codec, centred=centred)
    score_QK, row_QK = index.search(pairs[1][:30], 10, nprobe=8)
    product_QK = np.einsum("qd,qkd->qk", pairs[1][:30], pairs[0][row_QK])
    np.testing.assert_allclose(score_QK, product_QK, atol=CLOSE[codec])
    assert (np.diff(score_QK, axis=1) <= 0).all()


@pytest.mark.parametrize("codec", ["fp16", "sq8", "sq4", "pq"])
@pytest.mark.parametrize("kind", ["ivf", "paired"])
def test_residuals_keep_inner_products_too(vectors, pairs, tmp_path, kind, codec):
    for residuals in (False, True):
        index = build(vectors, tmp_path / str(residuals), kind=kind, codec=codec, residuals=residuals)
        score_QK, row_QK = index.search(pairs[1][:30], 10, nprobe=8)
        product_QK = np.einsum("qd,qkd->qk", pairs[1][:30], pairs[0][row_QK])
        np.testing.assert_allclose(score_QK, product_QK, atol=CLOSE[codec])


@pytest.mark.parametrize("codec", ["flat", "sq8"])
def test_residuals_are_those_of_the_list_that_prices_chose(vectors, pairs, tmp_path, codec):
    index = build(vectors, tmp_path / "image", kind="paired", codec=codec, balance_rounds=20)
    score_QK, row_QK = index.search(pairs[1][:30], 10, nprobe=8)
    product_QK = np.einsum("qd,qkd->qk", pairs[1][:30], pairs[0][row_QK])
    np.testing.assert_allclose(score_QK, product_QK, atol=CLOSE[codec])


@pytest.mark.parametrize("name", ["spill_margin", "balance_rounds"])
def test_a_setting_of_another_kind_is_refused(name):
    with pytest.raises(ValueError, match=rf"index.{name} belongs to index.kind \w+\. Set it to 0, or the kind to"):
        small_params(kind="ivf", **{name: 1})


def test_every_paired_list_has_an_image_to_begin_with():
    with pytest.raises(ValueError, match=r"index.pairing_images is 7, fewer than index.lists 8"):
        small_params(kind="paired", pairing_images=7)


def test_fewer_bytes_make_a_smaller_index(vectors, tmp_path):
    sizes = [
        build(vectors, tmp_path / codec, codec=codec, vectors_per_shard=400).manifest["files"]["part-00000.faiss"][
            "bytes"
        ]
        for codec in ("flat", "fp16", "sq8", "sq4")
    ]
    saved = -np.diff(sizes) / 400 / 16  # bytes a dimension; the trained ranges of sq8 and sq4 cost a little
    np.testing.assert_allclose(saved, [2, 1, 0.5], atol=0.05)


def test_a_graph_has_no_product_quantisation():
    with pytest.raises(ValueError, match=r"index.kind hnsw has no codec pq: .* Set index.codec to sq8 or sq4"):
        small_params(kind="hnsw", codec="pq")


def test_bytes_that_do_not_divide_the_width(vectors, tmp_path):
    with pytest.raises(ValueError, match=r"index.pq_bytes is 5, which does not divide the vectors' width 16. Take"):
        build(vectors, tmp_path / "image", codec="pq", pq_bytes=5)


def test_too_few_vectors_for_product_quantisation(vectors, tmp_path):
    with pytest.raises(
        ValueError, match=r"index.codec is pq, which learns 256 codewords, but there are only 200 vectors"
    ):
        build(vectors, tmp_path / "image", codec="pq", held=range(200))

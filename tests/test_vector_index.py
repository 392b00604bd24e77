"""An opened index: what it answers, where it looks, and what it refuses."""

import json

import numpy as np
import pytest

from components.index.card import imbalance
from components.vector_index import open_index
from tests.index.made import MODEL, build, gapped_pairs, save_pairs


@pytest.fixture(scope="module")
def pairs():
    return gapped_pairs(400, 16, seed=1)


@pytest.fixture(scope="module")
def vectors(pairs, tmp_path_factory):
    return save_pairs(tmp_path_factory.mktemp("embed"), *pairs)


def test_a_flat_index_answers_as_numpy_does(vectors, pairs, tmp_path):
    score_QK, row_QK = build(vectors, tmp_path / "i", kind="flat").search(pairs[1][:40], 5)
    product_QN = pairs[1][:40] @ pairs[0].T
    np.testing.assert_array_equal(row_QK, np.argsort(-product_QN, axis=1)[:, :5])
    np.testing.assert_allclose(score_QK, -np.sort(-product_QN, axis=1)[:, :5], atol=1e-6)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("kind", ["flat", "ivf", "paired", "routed"])
def test_centring_leaves_exact_inner_products_and_their_order(vectors, pairs, tmp_path, kind, centred):
    index = build(vectors, tmp_path / "i", kind=kind, centred=centred)
    score_QK, row_QK = index.search(pairs[1], 10, nprobe=8)
    product_QN = pairs[1] @ pairs[0].T
    np.testing.assert_array_equal(row_QK, np.argsort(-product_QN, axis=1)[:, :10])
    np.testing.assert_allclose(score_QK, -np.sort(-product_QN, axis=1)[:, :10], atol=1e-6)
    assert (index.centre_D is not None) == centred


def test_centring_takes_the_gap_out_of_paired_residuals(vectors, pairs, tmp_path):
    """Residuals of images from centroids among the texts share an offset, and the centre is that offset."""
    index = build(vectors, tmp_path / "i", kind="paired", codec="sq8", centred=True)
    centroid_LD = index.parts[0].quantizer.reconstruct_n(0, 8)
    nearest_N = (pairs[0] @ centroid_LD.T).argmax(axis=1)
    np.testing.assert_allclose(index.centre_D, (pairs[0] - centroid_LD[nearest_N]).mean(axis=0), atol=1e-6)
    assert index.centre_D[0] > 0.3  # the gap lies along the first axis


@pytest.mark.parametrize("router", ["table", "linear"])
def test_a_text_query_scans_the_router_s_lists_and_no_other(vectors, pairs, tmp_path, router):
    index = build(vectors, tmp_path / "i", kind="routed", router=router)
    router_LE = np.load(tmp_path / "i" / "router.npy")
    chosen_QP = np.argsort(-(pairs[1] @ router_LE[:, :-1].T + router_LE[:, -1]), axis=1)[:, :2]
    list_N = (pairs[0] @ index.parts[0].quantizer.reconstruct_n(0, 8).T).argmax(axis=1)
    row_QK = index.search(pairs[1], 10, nprobe=2)[1]
    inside_QK = (list_N[row_QK][:, :, None] == chosen_QP[:, None, :]).any(axis=2)
    assert inside_QK[row_QK >= 0].all()
    for query, chosen_P in enumerate(chosen_QP):
        allowed = np.flatnonzero(np.isin(list_N, chosen_P))
        best = allowed[np.argsort(-(pairs[0][allowed] @ pairs[1][query]))[:10]]
        np.testing.assert_array_equal(row_QK[query, : len(best)], best)
    sizes = np.bincount(list_N, minlength=8)
    assert index.scanned(pairs[1], "text", 2) == sizes[chosen_QP].sum(axis=1).mean()


def test_an_image_query_of_a_routed_index_looks_where_ivf_looks(vectors, pairs, tmp_path):
    routed, ivf = (build(vectors, tmp_path / kind, kind=kind) for kind in ("routed", "ivf"))
    for got, wanted in zip(
        routed.search(pairs[0], 5, modality="image"), ivf.search(pairs[0], 5, modality="image"), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)


def test_balanced_lists_are_more_even_and_an_image_is_sought_where_it_was_put(vectors, pairs, tmp_path):
    plain, even = (build(vectors, tmp_path / str(n), kind="paired", balance_rounds=n) for n in (0, 60))
    assert imbalance(even.list_sizes_L) < 1.01 < imbalance(plain.list_sizes_L)
    price_L = np.load(tmp_path / "60" / "prices.npy")
    product_NL = pairs[0] @ even.parts[0].quantizer.reconstruct_n(0, 8).T
    sizes_L = np.bincount((product_NL - price_L).argmax(axis=1), minlength=8)
    np.testing.assert_array_equal(even.list_sizes_L, sizes_L)
    found_N = even.search(pairs[0], 1, modality="image", nprobe=1)[1][:, 0]
    np.testing.assert_array_equal(found_N, np.arange(400))
    text_list_Q1 = even.probe(pairs[1], "text", 1)[1]  # captions lie with the centroids and pay nothing
    np.testing.assert_array_equal(text_list_Q1, plain.probe(pairs[1], "text", 1)[1])


def test_lists_that_run_short_give_no_row(vectors, pairs, tmp_path):
    index = build(vectors, tmp_path / "i")
    score_QK, row_QK = index.search(pairs[1][:5], 400, nprobe=1)
    lacking_QK = row_QK == -1
    assert lacking_QK.any(axis=1).all() and (score_QK[lacking_QK] == -np.inf).all()
    assert np.isfinite(score_QK[~lacking_QK]).all()


@pytest.mark.parametrize("codec", ["flat", "sq8"])
def test_a_spilled_vector_is_found_once(vectors, pairs, tmp_path, codec):
    index = build(vectors, tmp_path / "i", kind="routed", codec=codec, spill_margin=0.2)
    assert index.list_sizes_L.sum() > 500
    score_QK, row_QK = index.search(pairs[1], 50, nprobe=8)
    assert all(len(np.unique(row_K)) == 50 for row_K in row_QK)
    assert (np.diff(score_QK, axis=1) <= 0).all()
    if codec == "flat":
        np.testing.assert_array_equal(row_QK, np.argsort(-pairs[1] @ pairs[0].T, axis=1)[:, :50])


def test_the_index_has_its_own_nprobe(vectors, pairs, tmp_path):
    index = build(vectors, tmp_path / "i", nprobe=3)
    np.testing.assert_array_equal(index.search(pairs[1], 5)[1], index.search(pairs[1], 5, nprobe=3)[1])
    assert index.scanned(pairs[1]) == index.scanned(pairs[1], nprobe=3) < index.scanned(pairs[1], nprobe=4)


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_queries_without_direction_or_of_another_width_are_refused(vectors, pairs, tmp_path, kind):
    index = build(vectors, tmp_path / "i", kind=kind)
    nan, zero = pairs[1][:3].copy(), pairs[1][:3].copy()
    nan[2, 5], zero[1] = np.nan, 0
    for query_QD, message in [
        (nan, "query 2 is not a number, so nothing is near it"),
        (zero, "query 1 is a zero vector, so nothing is near it"),
        (pairs[1][:, :8], r"each query must have the index's width 16, but their shape is \[400, 8\]"),
        (pairs[1][0], r"each query must have the index's width 16, but their shape is \[16\]"),
    ]:
        with pytest.raises(ValueError, match=message):
            index.search(query_QD, 5)
        with pytest.raises(ValueError, match=message):
            index.scanned(query_QD)


@pytest.mark.parametrize("k", [0, 401])
def test_more_neighbours_than_vectors_are_refused(vectors, pairs, tmp_path, k):
    with pytest.raises(ValueError, match=f"{k} neighbours were asked for, the index holds 400. Ask for 1 to 400."):
        build(vectors, tmp_path / "i").search(pairs[1][:1], k)


def test_no_probe_is_refused(vectors, pairs, tmp_path):
    with pytest.raises(ValueError, match=r"nprobe is 0. Probe at least one list."):
        build(vectors, tmp_path / "i").search(pairs[1][:1], 1, nprobe=0)


def test_another_model_is_refused(vectors, tmp_path):
    build(vectors, tmp_path / "i")
    with pytest.raises(ValueError, match=r"i: the index was built with another model than the one at hand. Run `dvc"):
        open_index(tmp_path / "i", model_sha256="b" * 64)


@pytest.mark.parametrize("name", ["part-00000.faiss", "lists.ivfdata", "router.npy", "centre.npy"])
def test_a_file_that_is_not_whole_is_refused(vectors, tmp_path, name):
    build(vectors, tmp_path / "i", kind="routed", centred=True, on_disk=True)
    file = tmp_path / "i" / name
    whole = file.read_bytes()
    middle = len(whole) // 2
    for content, message in [
        (
            whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "is damaged: its checksum is not the one in",
        ),
        (whole[:-3], f"is half-written: {len(whole) - 3} bytes of {len(whole)}."),
        (whole + b"x", f"was changed after it was finished: {len(whole) + 1} bytes in place of {len(whole)}."),
        (None, "is missing, though manifest.json lists it."),
    ]:
        file.unlink() if content is None else file.write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} {message}"):
            open_index(tmp_path / "i", model_sha256=MODEL)


def test_a_manifest_that_is_not_whole_is_refused(vectors, tmp_path):
    build(vectors, tmp_path / "i")
    file = tmp_path / "i" / "manifest.json"
    whole = file.read_text()
    values = json.loads(whole)
    del values["files"]
    for content in (whole[:-30], "", json.dumps(values)):
        file.write_text(content)
        with pytest.raises(ValueError, match=r"manifest.json is damaged or half-written. Delete"):
            open_index(tmp_path / "i", model_sha256=MODEL)
    file.unlink()
    with pytest.raises(
        ValueError, match=r"manifest.json does not exist: there is no finished index. Run `dvc repro index`"
    ):
        open_index(tmp_path / "i", model_sha256=MODEL)


def test_sizes_alone_may_be_checked_where_files_are_huge(vectors, tmp_path):
    build(vectors, tmp_path / "i", kind="routed")
    file = tmp_path / "i" / "router.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    with pytest.raises(ValueError, match=r"router.npy is damaged"):
        open_index(tmp_path / "i", model_sha256=MODEL)
    assert open_index(tmp_path / "i", model_sha256=MODEL, checked=False).vectors == 400


@pytest.mark.parametrize("kind", ["flat", "ivf", "routed", "hnsw"])
def test_vectors_left_on_disk_answer_the_same_and_nothing_is_printed(vectors, pairs, tmp_path, kind, capfd):
    memory, disk = (build(vectors, tmp_path / str(flag), kind=kind, on_disk=flag) for flag in (False, True))
    assert capfd.readouterr().out == ""
    for got, wanted in zip(disk.search(pairs[1], 5), memory.search(pairs[1], 5), strict=True):
        np.testing.assert_array_equal(got, wanted)

"""Shards: one by one as in one piece, finished by rename, and taken up again after a kill."""

from pathlib import Path

import numpy as np
import pytest

from components.index import shards
from components.vector_index import LIST_KINDS
from tests.index.made import build


class Killed(BaseException):
    """What a signal raises."""


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
@pytest.mark.parametrize("kind", ["flat", "ivf", "paired", "routed"])
def test_shards_answer_as_one_piece_does(vectors, pairs, tmp_path, kind, on_disk):
    one = build(vectors, tmp_path / "one", kind=kind, vectors_per_shard=400)
    many = build(vectors, tmp_path / "many", kind=kind, vectors_per_shard=90, on_disk=on_disk)
    assert [each["rows"] for each in many.manifest["shards"]] == [90, 90, 90, 90, 40]
    assert len(many.parts) == (1 if kind in LIST_KINDS else 5)
    for got, wanted in zip(many.search(pairs[1][:50], 10), one.search(pairs[1][:50], 10), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_merge_has_one_shard_in_view_and_never_the_new_file(vectors, tmp_path, monkeypatch):
    """FAISS's own merge maps all of them, so that twice the index is in memory."""
    seen, maps = [], Path("/proc/self/maps")
    pieces = shards._pieces

    def watched(*args):
        for piece in pieces(*args):
            seen.append({line.split()[-1] for line in maps.read_text().splitlines() if str(tmp_path) in line})
            yield piece

    if not maps.exists():
        pytest.skip("only Linux says what is mapped")
    monkeypatch.setattr(shards, "_pieces", watched)
    build(vectors, tmp_path / "image", kind="ivf", vectors_per_shard=90, on_disk=True)
    assert [len(names) for names in seen] == [1] * len(seen)
    assert sorted({Path(name).name for names in seen for name in names}) == [f"shard-0000{n}.faiss" for n in range(5)]


def test_graphs_in_shards_find_what_one_graph_finds(vectors, pairs, tmp_path):
    one, many = (
        build(vectors, tmp_path / str(size), kind="hnsw", vectors_per_shard=size).search(pairs[1][:50], 10, nprobe=200)[
            1
        ]
        for size in (400, 90)
    )
    assert np.mean([len({*a} & {*b}) for a, b in zip(one, many, strict=True)]) > 9.8


@pytest.mark.parametrize("kind", ["ivf", "routed", "hnsw"])
def test_a_killed_build_goes_on_at_the_first_unfinished_shard(vectors, tmp_path, monkeypatch, kind):
    built = []
    whole = shards._shard

    def shard(stored, first, *rest):
        if first == 180 and len(built) == 2:
            raise Killed
        built.append(first)
        return whole(stored, first, *rest)

    monkeypatch.setattr(shards, "_shard", shard)
    with pytest.raises(Killed):
        build(vectors, tmp_path / "image", kind=kind, vectors_per_shard=90)
    assert built == [0, 90]
    built.append("again")
    resumed = build(vectors, tmp_path / "image", kind=kind, vectors_per_shard=90)
    assert built == [0, 90, "again", 180, 270, 360]
    straight = build(vectors, tmp_path / "straight", kind=kind, vectors_per_shard=90)
    assert resumed.manifest == straight.manifest


def test_a_damaged_shard_is_built_again(vectors, tmp_path, monkeypatch):
    build(vectors, tmp_path / "image", vectors_per_shard=150)
    (file,) = (tmp_path / ".image.shards").glob("*/shard-00001.faiss")
    file.write_bytes(file.read_bytes()[:-1])
    built = []
    whole = shards._shard
    monkeypatch.setattr(
        shards, "_shard", lambda stored, first, *rest: built.append(first) or whole(stored, first, *rest)
    )
    build(vectors, tmp_path / "image", vectors_per_shard=150)
    assert built == [150]


def test_other_settings_or_vectors_take_no_old_shard(vectors, tmp_path, monkeypatch):
    build(vectors, tmp_path / "image")
    built = []
    whole = shards._shard
    monkeypatch.setattr(
        shards, "_shard", lambda stored, first, *rest: built.append(first) or whole(stored, first, *rest)
    )
    build(vectors, tmp_path / "image", seed=9)
    assert built == [0, 150, 300]


def test_spilled_vectors_are_those_with_a_near_second_centroid(vectors, pairs, tmp_path):
    plain, spilled = (
        build(vectors, tmp_path / str(margin), kind="routed", spill_margin=margin) for margin in (0.0, 0.05)
    )
    product_NL = np.sort(pairs[0] @ plain.parts[0].quantizer.reconstruct_n(0, 8).T, axis=1)
    near = product_NL[:, -1] - product_NL[:, -2] < 0.05
    assert 0 < near.sum() < 400
    assert spilled.list_sizes_L.sum() == 400 + near.sum()
    assert plain.list_sizes_L.sum() == spilled.vectors == 400

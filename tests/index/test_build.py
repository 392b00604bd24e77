"""An index folder: the same bytes again, wherever it stands, with a manifest that says what it is."""

import hashlib
import shutil

import numpy as np
import pytest

from components.vector_index import open_index
from tests.index.made import MODEL, build

EVERY = [
    {"kind": "flat"},
    {"kind": "ivf"},
    {"kind": "paired", "codec": "sq4", "centred": True},
    {"kind": "routed", "router": "table", "codec": "pq"},
    {"kind": "routed", "router": "linear", "spill_margin": 0.02, "on_disk": True},
    {"kind": "hnsw", "codec": "sq8"},
    {"kind": "hnsw", "threads": 2},
    {"kind": "hnsw", "hnsw_caption_links": 8},
    {"kind": "paired", "balance_rounds": 20},
]
IDS = ["-".join(str(value) for value in each.values()) for each in EVERY]


@pytest.mark.parametrize("changes", EVERY, ids=IDS)
def test_the_same_vectors_give_the_same_bytes(vectors, tmp_path, changes):
    for name in ("a", "b"):
        build(vectors, tmp_path / name / "image", **changes)
    first, second = ({file.name: file.read_bytes() for file in (tmp_path / name / "image").iterdir()} for name in "ab")
    assert first == second


@pytest.mark.parametrize("changes", EVERY, ids=IDS)
def test_a_moved_folder_answers_the_same(vectors, pairs, tmp_path, changes):
    index = build(vectors, tmp_path / "here" / "image", **changes)
    before = index.search(pairs[1][:20], 5)
    del index
    shutil.move(tmp_path / "here", tmp_path / "there")
    after = open_index(tmp_path / "there" / "image", model_sha256=MODEL).search(pairs[1][:20], 5)
    for got, wanted in zip(after, before, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_no_file_holds_a_path(vectors, tmp_path):
    build(vectors, tmp_path / "image", on_disk=True)
    for file in (tmp_path / "image").iterdir():
        assert str(tmp_path).encode() not in file.read_bytes()


def test_the_manifest_states_what_the_index_is(vectors, tmp_path):
    manifest = build(vectors, tmp_path / "image", kind="routed", on_disk=True).manifest
    assert (manifest["kind"], manifest["vectors"], manifest["width"], manifest["next_row"]) == ("routed", 400, 16, 400)
    assert manifest["model_sha256"] == MODEL
    assert manifest["settings"]["lists"] == 8
    assert set(manifest["files"]) == {"part-00000.faiss", "lists.ivfdata", "router.npy"}
    for name, facts in manifest["files"].items():
        assert facts["sha256"] == hashlib.sha256((tmp_path / "image" / name).read_bytes()).hexdigest()
    stored = hashlib.sha256((vectors / "corpus_image.npy").read_bytes()).hexdigest()
    assert manifest["vectors_sha256"]["image"] == stored

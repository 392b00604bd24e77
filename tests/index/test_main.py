"""The stage: an index for each side, a card, and no trace of the work."""

import json

import numpy as np
import pytest
from ruamel.yaml import YAML

from components.index import build, shards
from components.index.__main__ import main
from components.index.learn import learn
from components.vector_index import open_index
from tests.index.made import MODEL, gapped_pairs, save_pairs, small_params


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with vectors and settings, and the stage's call in it."""
    embed = save_pairs(tmp_path / "embed", *gapped_pairs(300, 16, seed=2))
    (embed / "provenance.json").write_text(
        json.dumps({"model_sha256": MODEL, "accepted_sha256": "c" * 64, "width": 16})
    )
    monkeypatch.chdir(tmp_path)

    def call(**changes):
        YAML().dump({"index": small_params(**changes).model_dump()}, tmp_path / "params.yaml")
        main(embed, tmp_path / "index", tmp_path / "index.json")
        return {file.relative_to(tmp_path): file.read_bytes() for file in (tmp_path / "index").rglob("*.*")}

    return tmp_path, call


@pytest.mark.parametrize("kind", ["flat", "ivf", "paired", "routed", "hnsw"])
def test_both_sides_are_there_and_open(project, kind):
    root, call = project
    call(kind=kind)
    card = json.loads((root / "index" / "card.json").read_text())
    assert (card["model_sha256"], card["accepted_sha256"], card["kind"]) == (MODEL, "c" * 64, kind)
    assert json.loads((root / "index.json").read_text()) == {side: card[side] for side in ("image", "text")}
    for side in ("image", "text"):
        assert open_index(root / "index" / side, model_sha256=MODEL).vectors == 300
    assert sorted(path.name for path in root.iterdir()) == ["embed", "index", "index.json", "params.yaml"]


def test_the_stage_makes_the_same_bytes_again(project):
    assert project[1](kind="routed") == project[1](kind="routed")


def test_a_killed_stage_leaves_its_shards_and_the_earlier_index(project, monkeypatch):
    root, call = project
    earlier = call(kind="flat")
    whole = shards._shard

    def killed(stored, first, *rest):
        if first == 150:
            raise KeyboardInterrupt
        return whole(stored, first, *rest)

    monkeypatch.setattr(shards, "_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        call(kind="ivf")
    assert {file.relative_to(root): file.read_bytes() for file in (root / "index").rglob("*.*")} == earlier
    assert len(list((root / ".index.shards").glob("image-*/shard-*.faiss"))) == 1
    built, learned = [], []
    monkeypatch.setattr(
        shards, "_shard", lambda stored, first, *rest: built.append(first) or whole(stored, first, *rest)
    )
    monkeypatch.setattr(build, "learn", lambda opened, side, *rest: learned.append(side) or learn(opened, side, *rest))
    call(kind="ivf")
    assert built == [150, 0, 150]  # the image side's second shard, then the text side's two
    assert learned == ["text"]
    assert not (root / ".index.shards").exists()


def test_a_faulty_vector_is_one_line_and_leaves_the_earlier_index(project):
    root, call = project
    earlier = call()
    table = np.load(root / "embed" / "corpus_text.npy")
    table[7] = np.nan
    np.save(root / "embed" / "corpus_text.npy", table)
    with pytest.raises(ValueError, match=r"corpus_text.npy: 1 of 300 vectors are not a number: rows 7\."):
        call()
    assert {file.relative_to(root): file.read_bytes() for file in (root / "index").rglob("*.*")} == earlier

"""Stage `collect`: canonical corpora, the same whoever and however many draw; nothing half-written."""

import errno
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from components.collect.__main__ import main
from components.collect.parts import CLASS_NAMES
from components.corpus import COLUMNS, ShardWriter, read_image_bytes, read_manifest
from components.outputs import read_json
from components.params import read_yaml
from components.stage import run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the shipped settings at a small size, and a table of two images beside them."""
    collect = read_yaml(ROOT / "params.yaml")["collect"]
    collect["corpus"] = [{"name": "render", "format": "synthetic", "style": "render", "images": 70}]
    collect["evaluation"] = [{"name": "line", "format": "synthetic", "style": "line", "images": 24}]
    collect |= {"images_per_shard": 30, "workers": 1}
    write(tmp_path, collect)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAKEHASHI_HOME", raising=False)
    return tmp_path, collect


def write(folder, collect):
    YAML().dump({"collect": collect}, folder / "params.yaml")


def collect_into(folder):
    main(folder / "corpus", folder / "evaluation", folder / "truth.parquet", folder / "metrics.json")
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_a_corpus_is_shards_and_one_manifest(workplace):
    folder, _ = workplace
    files = collect_into(folder / "data")
    assert list(files) == [
        "corpus/00000.tar", "corpus/00001.tar", "corpus/00002.tar", "corpus/manifest.parquet",
        "evaluation/00000.tar", "evaluation/manifest.parquet", "metrics.json", "truth.parquet",
    ]  # fmt: skip
    corpus = read_manifest(folder / "data/corpus/manifest.parquet", learning=False)
    assert list(corpus.columns) == list(COLUMNS)
    assert corpus["shard"].value_counts(sort=False).to_dict() == {"00000.tar": 30, "00001.tar": 30, "00002.tar": 10}
    images = list(read_image_bytes(folder / "data/corpus", corpus))
    assert [len(image) for image in images] == corpus["bytes"].tolist()
    assert read_json(folder / "data/metrics.json") == {
        "corpus_images": 70, "corpus_bytes": sum(map(len, images)),
        "evaluation_images": 24, "evaluation_bytes": len_of(folder / "data/evaluation"),
        "corpus": {"render": {"images": 70, "bytes": sum(map(len, images))}},
        "evaluation": {"line": {"images": 24, "bytes": len_of(folder / "data/evaluation")}},
    }  # fmt: skip


def len_of(folder):
    return int(read_manifest(folder / "manifest.parquet", learning=False)["bytes"].sum())


def test_labels_are_filled_in_for_evaluation_alone(workplace):
    folder, _ = workplace
    collect_into(folder / "data")
    corpus = read_manifest(folder / "data/corpus/manifest.parquet", learning=False)
    evaluation = read_manifest(folder / "data/evaluation/manifest.parquet", learning=False)
    assert set(corpus["label"]) == set(corpus["domain"]) == set(corpus["split"]) == {""}
    assert (evaluation["label"] != "").all()
    assert set(evaluation["domain"]) == {"line"}
    assert corpus["id"].is_unique
    assert (corpus[["licence", "url", "author", "sha256"]] != "").all(axis=None)


def test_true_labels_of_the_corpus_stand_apart(workplace):
    folder, _ = workplace
    collect_into(folder / "data")
    corpus = read_manifest(folder / "data/corpus/manifest.parquet", learning=True)
    truth = pd.read_parquet(folder / "data/truth.parquet")
    assert truth["id"].tolist() == corpus["id"].tolist()  # the generator knows what it drew
    assert set(truth["label"]) <= {name for name, _ in CLASS_NAMES}


def test_the_result_is_the_same_twice_and_with_two_workers(workplace):
    folder, collect = workplace
    once, again = collect_into(folder / "once"), collect_into(folder / "again")
    write(folder, collect | {"workers": 2})
    assert once == again == collect_into(folder / "two")


def test_published_and_drawn_sources_stand_side_by_side(workplace, png):
    folder, collect = workplace
    (folder / "a.png").write_bytes(png("red"))
    (folder / "t.csv").write_text("path,caption,licence\na.png,a red tile,MIT\nlost.png,a lost tile,MIT\n")
    table = {"name": "tiles", "format": "table", "path": "t.csv"}
    write(folder, collect | {"corpus": [*collect["corpus"], table, table | {"name": "one", "limit": 1}]})
    collect_into(folder / "data")
    corpus = read_manifest(folder / "data/corpus/manifest.parquet", learning=True)
    assert corpus["id"].tolist()[-3:] == ["tiles/a.png", "tiles/lost.png", "one/a.png"]
    assert corpus["width"].tolist()[-3:] == [4, 0, 4]
    assert corpus["member"].tolist()[-3:] == ["000000070.png", "000000071.png", "000000072.png"]


def test_a_missing_source_is_one_line_and_leaves_earlier_results(workplace):
    folder, collect = workplace
    before = collect_into(folder / "data")
    write(folder, collect | {"corpus": [{"name": "gone", "format": "table", "path": "gone.csv"}]})
    with pytest.raises(SystemExit) as end:
        run(main, [str(folder / "data" / name) for name in ("corpus", "evaluation", "truth.parquet", "metrics.json")])
    assert end.value.code == (
        f"collect: params.yaml: collect.corpus, source `gone`: {folder}/gone.csv does not exist. "
        "Mend `path`, or set KAKEHASHI_HOME."
    )
    left = {str(file.relative_to(folder / "data")): file.read_bytes() for file in files_under(folder)}
    assert left == before


def test_a_full_disk_is_one_line_and_leaves_nothing(workplace, monkeypatch):
    folder, _ = workplace

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ShardWriter, "add", full)
    with pytest.raises(SystemExit, match="collect: the disk is full"):
        run(main, [str(folder / "data" / name) for name in ("corpus", "evaluation", "truth.parquet", "metrics.json")])
    assert not list((folder / "data").iterdir())


def files_under(folder):
    return [file for file in (folder / "data").rglob("*") if file.is_file()]

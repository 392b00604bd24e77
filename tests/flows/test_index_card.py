"""The card shows the stage's own figures beside times of this machine, and leaves the index as it was."""

import json

import pytest
from ruamel.yaml import YAML

from components.index.__main__ import main
from flows.index_card import index_card, queries_in_time
from flows.summary import show_index_card
from tests.index.made import MODEL, gapped_pairs, save_pairs, small_params


@pytest.fixture
def indexed(tmp_path, monkeypatch):
    """A folder whose stage `index` has run, for a kind."""
    monkeypatch.chdir(tmp_path)
    embed = save_pairs(tmp_path / "data/embed", *gapped_pairs(300, 16, seed=2))
    provenance = {"model_sha256": MODEL, "accepted_sha256": "c" * 64, "width": 16}
    (embed / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")

    def made(kind):
        YAML().dump({"index": small_params(kind=kind).model_dump()}, tmp_path / "params.yaml")
        main(embed, tmp_path / "data/index", tmp_path / "data/metrics/index.json")
        return tmp_path

    return made


def test_each_way_of_asking_is_a_row_with_recall_work_and_time(indexed):
    root = indexed("routed")
    before = {file: file.read_bytes() for file in (root / "data/index").rglob("*.*")}
    card, stated = index_card(root), json.loads((root / "data/index/card.json").read_text())
    assert [(row.side, row.query, row.budget) for row in card.rows] == [
        (side, query, lists) for side in ("image", "text") for query in ("text", "image") for lists in (1, 4, 8)
    ]
    first = card.rows[0]
    assert first.scanned == pytest.approx(stated["image"]["text_query_nprobe_1_vectors_scanned"] / 300)
    assert first.recall == {k: stated["image"][f"text_query_nprobe_1_recall_at_{k}"] for k in (1, 10, 64)}
    assert all(0 < row.p50_ms <= row.p99_ms for row in card.rows)
    assert {file: file.read_bytes() for file in (root / "data/index").rglob("*.*")} == before


def test_the_card_is_of_the_index_as_it_was_built(indexed):
    root = indexed("ivf")
    YAML().dump({"index": small_params(nprobe_budgets=[2], recall_queries=3).model_dump()}, root / "params.yaml")
    assert sorted({row.budget for row in index_card(root).rows}) == [1, 4, 8]


def test_an_exact_index_has_no_budget(indexed):
    card = index_card(indexed("flat"))
    assert [row["nprobe"] for row in card.table()] == ["all"] * 4
    assert {row["recall@10"] for row in card.table()} == {"1.000"}


def test_the_card_fits_a_terminal(indexed, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    show_index_card(index_card(indexed("hnsw")))
    shown = capsys.readouterr().out
    assert (
        "hnsw, codec flat, 300 vectors a side" in shown
        and "candi-" in shown
        and "…" not in shown
        and "p99" in shown
        and "Times are of this machine" in shown
    )
    assert max(map(len, shown.splitlines()[1:4])) <= 80


def test_a_slow_index_is_asked_less_often():
    assert [queries_in_time(p50_ms) for p50_ms in (0.1, 15, 100, 6000)] == [200, 200, 30, 8]


def test_without_an_index_the_mend_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"there is no index yet\. Run `make run` first"):
        index_card(tmp_path)

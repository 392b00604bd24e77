"""Growth over a few hundred vectors: every figure there, nothing measured twice."""

import argparse

import pytest

from benchmarks.retrieval.size import growth, lists_for, measure, recipe_of, setting, shown
from tests.index.made import small_params


@pytest.mark.parametrize(
    ("rows", "lists"),
    [(100, 8), (100_000, 256), (1_000_000, 1024), (10**8, 8192), (2 * 10**9, 32768)],  # roots 10, 316, 1000, 1e4, 44721
)
def test_lists_are_the_power_of_two_nearest_to_the_root(rows, lists):
    assert lists_for(rows) == lists


def test_each_size_and_kind_is_built_once_in_its_own_process(tmp_path, capsys):
    params, recipe = small_params(recall_queries=20), recipe_of(16)
    table = measure([400, 1600], recipe, ["ivf", "hnsw"], params, tmp_path)
    assert list(zip(table["rows"], table["kind"], table["lists"], strict=True)) == [
        (400, "ivf", 16),
        (400, "hnsw", 0),
        (1600, "ivf", 32),
        (1600, "hnsw", 0),
    ]
    assert (table["index_bytes"] > table["rows"] * 4 * 16).all()
    assert (table["peak_rss_bytes"] > 30e6).all(), "less than an interpreter with NumPy"
    assert table["recall_at_10"].between(0.2, 1).all() and (table["p50_ms"] <= table["p99_ms"]).all()
    allowed = 1.2 * table["index_bytes"] + 300e6
    assert list(table["peak_of_allowed"]) == pytest.approx(list(table["peak_rss_bytes"] / allowed))
    assert capsys.readouterr().err.count("measured:") == 4
    assert measure([400, 1600], recipe, ["ivf", "hnsw"], params, tmp_path).equals(table)
    assert capsys.readouterr().err.count("measured:") == 0
    assert not list(tmp_path.glob("build-*")), "an index is deleted once measured"
    assert {"peak_rss_mb", "index_mb"} <= set(shown(table))
    law = growth(table).set_index("kind")
    assert 0.8 < law.loc["ivf", "index GB slope"] < 1.1


def test_a_setting_on_the_command_line_is_a_name_and_a_value():
    assert setting("on_disk=true") == ("on_disk", "true")
    for text in ("on_disk", "=true", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="is no NAME=VALUE, as on_disk=true"):
            setting(text)


def test_a_changed_setting_reaches_the_kind_that_it_belongs_to(tmp_path):
    plain, even = (
        measure([400], recipe_of(16), ["ivf", "paired"], small_params(), tmp_path, {"balance_rounds": rounds})
        for rounds in ("0", "40")
    )
    assert even["list_imbalance"][1] < plain["list_imbalance"][1]
    assert even["list_imbalance"][0] == plain["list_imbalance"][0]


def test_a_build_that_fails_says_which(tmp_path, capfd):
    with pytest.raises(RuntimeError, match=r"one_build of ivf over .*vectors-40-\w+ failed with exit code 1"):
        measure([40], recipe_of(16), ["ivf"], small_params(codec="pq"), tmp_path)  # pq wants 256 vectors
    assert "index.codec is pq" in capfd.readouterr().err

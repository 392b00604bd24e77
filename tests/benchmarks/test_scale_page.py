"""The sizes on docs/scale.md are those of the indexes that the code builds."""

import math
import re
from pathlib import Path

import faiss
import numpy as np
import pytest

from benchmarks.retrieval.size import lists_for
from components.index.codecs import empty_lists, empty_part
from tests.index.made import small_params

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
WIDTH, ROW_NUMBER, GRAPH = 512, 8, 272
CENTROIDS_LD = np.eye(2, WIDTH, dtype=np.float32)


def row(codec: str) -> list[str]:
    """The cells of the table of bytes behind a codec's name."""
    line = re.search(rf"^\| `{codec}`[^|]*\|(.+)\|$", PAGE, re.MULTILINE)
    assert line
    return [cell.strip() for cell in line[1].split("|")]


@pytest.mark.parametrize("codec", ["flat", "fp16", "sq8", "sq4", "pq"])
def test_bytes_a_vector_in_lists(codec):
    index = empty_lists(CENTROIDS_LD, small_params(codec=codec, pq_bytes=32))
    each, gigabytes = index.code_size + ROW_NUMBER, (index.code_size + ROW_NUMBER) / 10
    assert row(codec)[1] == f"{each:,}"
    assert row(codec)[2] == f"{gigabytes:.0f} GB"


@pytest.mark.parametrize("codec", ["flat", "fp16", "sq8", "sq4"])
def test_bytes_a_vector_in_a_graph(codec):
    graph = empty_part(WIDTH, small_params(kind="hnsw", codec=codec))
    each = faiss.downcast_index(graph.storage).code_size + GRAPH
    assert row(codec)[4] == f"{each:,}"
    assert row(codec)[5] == f"{each / 10:.0f} GB"


def test_a_graph_of_thirty_two_links_takes_what_the_page_says(unit_rows):
    params = small_params(kind="hnsw", hnsw_links=32)
    graph = empty_part(8, params)
    graph.add(unit_rows(4000, 8, seed=1))
    each = faiss.serialize_index(graph).nbytes / 4000 - 4 * 8
    assert each == pytest.approx(GRAPH, abs=1)


def test_lists_and_what_follows_from_them():
    for rows, shown in ((10**8, "8,192"), (2 * 10**9, "32,768")):
        assert f"{lists_for(rows):,}" == shown and shown in PAGE
        assert f"| {math.floor(rows / lists_for(rows)):,} |" in PAGE
        assert f"{256 * lists_for(rows):,}" in PAGE


def measured(name: str) -> list[list[float]]:
    """The numbers in the measured row of that name, a list a kind."""
    line = re.search(rf"^\| {re.escape(name)}[^|]*\|(.+)\|$", PAGE, re.MULTILINE)
    assert line
    return [[float(number) for number in cell.split(",")] for cell in line[1].split("|")]


def test_times_carried_on_are_those_of_the_measured_row():
    built = dict(zip(("ivf", "paired", "routed", "hnsw"), measured("build at 10^5, 10^6, s"), strict=True))
    for kind in ("ivf", "paired", "routed"):
        beside = built[kind][1] - built["ivf"][1]
        least, most = ((more * built["ivf"][1] + beside) / 3600 for more in (100, 100**1.5))
        assert row(kind)[0] == f"{least:.1f} to {most:.1f} h"
    least, most = (100**power * built["hnsw"][1] / 3600 for power in (measured("slope")[3][0], 1))
    assert row("hnsw")[0] == f"{least:.1f} to {most:.1f} h"

"""A cell of the table: the mean over the seeds and how far apart they lie."""

import math

from benchmarks.retrieval.tables import spread, tables


def line(kind, seed, recall):
    points = [
        {"nprobe": 1, "share": 0.01, "recall": recall, "p50_ms": 0.05},
        {"nprobe": 4, "share": 0.04, "recall": recall + 0.4, "p50_ms": 0.2},
    ]
    timed = {"nprobe": 4, "share": 0.04, "p50_ms": 0.5, "p99_ms": 1.5}
    curves = {"text": points, "image": points, "text_timed": timed, "image_timed": timed}
    return {"kind": kind, "seed": seed, "list_imbalance": 1.25, **curves}


def test_a_cell_is_a_mean_and_the_largest_minus_the_smallest():
    assert spread([0.5, 0.6, 0.7], 3) == "0.600 (0.200)"
    assert spread([0.5, math.nan], 3) == "-"


def test_kinds_stand_in_the_order_of_the_lines_with_their_means():
    work, _, costs = tables([line("paired", 1, 0.2), line("paired", 2, 0.4), line("hnsw", 1, 0.5)]).values()
    assert list(work.index) == ["paired", "hnsw"]
    assert list(work.loc["paired"]) == [
        "0.300 (0.200)",
        "0.500 (0.200)",  # 2 % is half-way from 1 % to 4 %
        "-",  # 5 % was not reached
        "-",
        "0.300 (0.200)",
        "0.700 (0.200)",
        "-",
        "0.300 (0.200)",
        "0.300 (0.200)",  # 0.1 ms is too short for the second point
        "0.700 (0.200)",
    ]
    assert list(work.loc["hnsw"])[4:7] == ["-", "-", "-"], "a graph has no lists to probe"
    assert costs.loc["paired", "text % scanned"] == "4.00 (0.00)"

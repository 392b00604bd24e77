"""The comparison over a few hundred vectors, from folder to tables and plots; a second run measures nothing."""

import argparse
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.retrieval.gap import gap_of
from benchmarks.retrieval.kinds import KINDS
from benchmarks.retrieval.vectors import Plan, at_gaps, gap_name, measure, report, width_name
from tests.index.made import small_params

PLAN = Plan(lists=[8], seeds=[1, 2], gaps=["own", "1.2"], kinds=["ivf", "paired", "hnsw"], queries=30)


def test_every_kind_is_measured_once_and_reported(vectors, tmp_path, capsys):
    lines = measure(vectors, tmp_path, PLAN, small_params())
    assert [(line["gap"], line["seed"], line["kind"]) for line in lines] == [
        (gap, seed, kind) for gap in PLAN.gaps for seed in PLAN.seeds for kind in PLAN.kinds
    ]
    assert lines[-1]["centroid_distance"] == pytest.approx(1.2, abs=1e-5)
    assert all(line[modality][-1]["recall"] > 0.9 for line in lines for modality in ("text", "image"))
    written = (tmp_path / "results.jsonl").read_bytes()
    assert capsys.readouterr().err.count("measured:") == 12

    assert measure(vectors, tmp_path, PLAN, small_params()) == lines
    assert (tmp_path / "results.jsonl").read_bytes() == written
    assert capsys.readouterr().err.count("measured:") == 0

    report(lines, tmp_path)
    printed = capsys.readouterr().out
    assert printed.count("recall@10 of text queries") == printed.count("recall@10 of image queries") == 2
    for gap in PLAN.gaps:
        drawn = (tmp_path / f"recall-gap-{gap}-lists-8.svg").read_text(encoding="utf-8")
        assert all(name in drawn for name in ("paired", "text queries", "image queries"))


def test_other_settings_are_measured_anew(vectors, tmp_path, capsys):
    plan = Plan([8], [1], ["own"], ["ivf"], 30)
    measure(vectors, tmp_path, plan, small_params())
    measure(vectors, tmp_path, plan, small_params(iterations=3))
    assert capsys.readouterr().err.count("measured:") == 2


def test_each_width_has_its_lines_and_time_may_run_out(vectors, tmp_path, capsys):
    plan = Plan([4, 8], [1], ["own"], ["ivf"], 30, widths=["8", "own"])
    assert measure(vectors, tmp_path, replace(plan, minutes=0), small_params()) == []
    assert "stopped: 4 are left. The same command goes on with them." in capsys.readouterr().err
    lines = measure(vectors, tmp_path, plan, small_params())
    assert [(line["width"], line["lists"]) for line in lines] == [("8", 4), ("8", 8), ("own", 4), ("own", 8)]
    assert measure(vectors, tmp_path, replace(plan, minutes=0), small_params()) == lines
    report(lines, tmp_path)
    assert {file.name for file in tmp_path.glob("*.svg")} == {
        *("recall-gap-own-lists-4.svg", "recall-gap-own-lists-8.svg"),
        *("recall-gap-own-lists-4-width-8.svg", "recall-gap-own-lists-8-width-8.svg"),
    }


def test_a_gap_narrower_than_their_own_is_passed_over_with_a_line(vectors, tmp_path, capsys):
    found = list(at_gaps(vectors, ["0.1", "1.0"], tmp_path))
    assert [gap for gap, _, _ in found] == ["1.0"]
    assert "passed over: --gaps: 0.1 is less than" in capsys.readouterr().err
    _, opened, facts = found[0]
    assert facts == gap_of(*(np.load(opened[side].file) for side in ("image", "text")))


def test_every_kind_has_a_name_that_a_command_line_can_take():
    assert all(" " not in name for name in KINDS)


def test_what_cannot_be_measured_is_refused_in_one_line(vectors, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no corpus_image\.npy\. Name the folder"):
        measure(tmp_path, tmp_path / "out", PLAN, small_params())
    with pytest.raises(ValueError, match=r"index\.lists is 500, but there are only 3\d\d vectors"):
        measure(vectors, tmp_path / "out", Plan([500], [1], ["own"], ["ivf"], 30), small_params())
    for text in ("wide", "2.5", "0", "nan"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"{text} is neither `own` nor a centroid distance"):
            gap_name(text)
    assert gap_name("own") == "own" and gap_name("0.8") == "0.8"
    for text in ("wide", "0", "-3", "2.5"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"{text} is neither `own` nor a number of dimensions"):
            width_name(text)
    assert width_name("own") == "own" and width_name("64") == "64"

"""What was measured is found again, and a half-written line counts for nothing."""

import pytest

from benchmarks.retrieval.results import Results


def test_the_last_line_that_agrees_is_found(tmp_path):
    results = Results(tmp_path / "deep" / "results.jsonl")
    assert results.lines() == [] and results.find({"seed": 1}) is None
    results.add({"seed": 1, "kind": "ivf", "recall": 0.5})
    results.add({"seed": 2, "kind": "ivf", "recall": 0.6})
    results.add({"seed": 1, "kind": "ivf", "recall": 0.7})
    assert results.find({"seed": 1, "kind": "ivf"}) == {"seed": 1, "kind": "ivf", "recall": 0.7}
    assert results.find({"seed": 2, "kind": "hnsw"}) is None


def test_after_a_kill_in_the_middle_of_a_line_the_next_one_stands_alone(tmp_path):
    file = tmp_path / "results.jsonl"
    file.write_text('{"seed": 1}\n{"seed": 2, "rec', encoding="utf-8")
    results = Results(file)
    assert results.lines() == [{"seed": 1}]
    results.add({"seed": 3})
    assert results.lines() == [{"seed": 1}, {"seed": 3}]


def test_what_is_no_number_is_refused_and_leaves_the_file_alone(tmp_path):
    results = Results(tmp_path / "results.jsonl")
    results.add({"seed": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        results.add({"seed": float("nan")})
    assert results.lines() == [{"seed": 1}]

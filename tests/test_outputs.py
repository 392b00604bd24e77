"""Outputs appear whole or not at all, and the same every time."""

import numpy as np
import pandas as pd
import pytest

from components.outputs import read_json, whole_file, whole_folder, write_json, write_table


class Interrupted(BaseException):
    """What a signal raises."""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_when_its_block_has_ended(tmp_path):
    with whole_folder(tmp_path / "out") as draft:
        (draft / "a").write_text("1")
        assert not (tmp_path / "out").exists()
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["a"]


@pytest.mark.parametrize("fault", [ValueError, Interrupted, SystemExit])
def test_a_fault_leaves_the_earlier_folder(tmp_path, fault):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "earlier").write_text("0")
    with pytest.raises(fault), whole_folder(tmp_path / "out") as draft:
        (draft / "half").write_text("1")
        raise fault
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["earlier"]


def test_a_new_folder_replaces_the_earlier_one_entirely(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "earlier").write_text("0")
    with whole_folder(tmp_path / "out") as draft:
        (draft / "new").write_text("1")
    assert names(tmp_path / "out") == ["new"]


def test_what_a_killed_run_left_is_cleared_away(tmp_path):
    (tmp_path / ".out.draft").mkdir()
    (tmp_path / ".out.draft" / "half").write_text("x")
    (tmp_path / ".out.earlier").mkdir()  # killed between the two renames: this was `out`
    (tmp_path / ".out.earlier" / "old").write_text("0")
    with pytest.raises(ValueError), whole_folder(tmp_path / "out") as draft:
        assert names(draft) == []
        raise ValueError
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["old"]


def test_a_file_appears_when_its_block_has_ended(tmp_path):
    with whole_file(tmp_path / "deep" / "f") as draft:
        draft.write_text("1")
        assert not (tmp_path / "deep" / "f").exists()
    assert names(tmp_path / "deep") == ["f"]
    with pytest.raises(Interrupted), whole_file(tmp_path / "deep" / "f") as draft:
        draft.write_text("2")
        raise Interrupted
    assert (tmp_path / "deep" / "f").read_text() == "1"
    assert names(tmp_path / "deep") == ["f"]


def test_json_keeps_order_rounds_and_reads_back(tmp_path):
    values = {"b": 1 / 3, "a": np.float32(0.5), "n": np.int64(7), "名": [True, None, "x"], "v": np.array([0.1, 2])}
    write_json(values, tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text(encoding="utf-8").splitlines()[:3] == [
        "{",
        '  "b": 0.333333,',
        '  "a": 0.5,',
    ]
    assert read_json(tmp_path / "m.json") == {
        "b": 0.333333, "a": 0.5, "n": 7, "名": [True, None, "x"], "v": [0.1, 2.0],
    }  # fmt: skip


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_refuses_what_is_no_number(tmp_path, number):
    with pytest.raises(ValueError):
        write_json({"accuracy": number}, tmp_path / "m.json")
    assert names(tmp_path) == []


def test_a_table_is_the_same_bytes_whatever_its_index(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "n": [1, 2]})
    write_table(table, tmp_path / "one.parquet")
    write_table(table.set_axis([7, 3]), tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "two.parquet"), table)

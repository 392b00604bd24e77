"""Files of vectors: read in blocks, and every fault is one line that names file and rows."""

import numpy as np
import pytest

from components.index import vectors as module
from components.index.vectors import open_pair, open_vectors


@pytest.fixture
def saved(unit_rows, tmp_path):
    def save(rows=20, width=4, name="v.npy", **changed):
        table = unit_rows(rows, width, seed=1)
        for row, value in changed.items():
            table[int(row[1:])] = value
        np.save(tmp_path / name, table)
        return tmp_path / name

    return save


def test_blocks_hold_every_row_once(saved, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 4 * 4 * 7)  # seven rows of four floats
    opened = open_vectors(saved())
    blocks = list(opened.blocks())
    assert [first for first, _ in blocks] == [0, 7, 14]
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), np.load(opened.file))
    assert [len(block) for _, block in opened.blocks(5, 15)] == [7, 3]


def test_rows_come_in_the_asked_order(saved):
    opened = open_vectors(saved())
    np.testing.assert_array_equal(opened.take(np.array([3, 1, 3])), np.load(opened.file)[[3, 1, 3]])


def test_rows_that_take_several_mappings_come_in_the_asked_order_too(saved, monkeypatch):
    for bound in ("TAKE_BYTES", "BLOCK_BYTES"):
        monkeypatch.setattr(module, bound, 4 * 4 * 3)  # three rows of four floats
    opened, rows = open_vectors(saved()), np.array([19, 0, 7, 7, 3, 11, 2])
    expected = np.load(opened.file)[rows]
    np.testing.assert_array_equal(opened.take(rows), expected)
    blocks = list(opened.blocks_of(rows))
    assert [first for first, _ in blocks] == [0, 3, 6]
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), expected)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"r3": np.nan, "r9": np.inf}, "2 of 20 vectors are not a number: rows 3, 9. See to these records"),
        ({"r5": 0}, "1 of 20 vectors are zero: rows 5. "),
        ({f"r{row}": 0 for row in range(8)}, r"8 of 20 vectors are zero: rows 0, 1, 2, 3, 4, …\. "),
    ],
    ids=["nan", "zero", "many"],
)
def test_faulty_rows_are_named(saved, changed, message):
    with pytest.raises(ValueError, match=rf"v.npy: {message}"):
        open_vectors(saved(**changed))


def test_a_half_written_file_is_one_line(saved):
    file = saved()
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"v.npy is damaged or half-written. Run `dvc repro embed`"):
        open_vectors(file)


@pytest.mark.parametrize("table", [np.zeros(3, np.float32), np.ones((3, 2))], ids=["flat", "float64"])
def test_another_kind_of_table_is_one_line(tmp_path, table):
    np.save(tmp_path / "v.npy", table)
    with pytest.raises(ValueError, match=r"v.npy holds .* not float32 \[rows, width\]"):
        open_vectors(tmp_path / "v.npy")


def test_no_vectors_is_one_line(saved):
    with pytest.raises(ValueError, match=r"v.npy holds no vectors. Widen collect.corpus"):
        open_vectors(saved(rows=0))


@pytest.mark.parametrize(
    ("shape", "message"), [((20, 5), "differ in width: 4 and 5"), ((19, 4), "differ in rows: 20 and 19")]
)
def test_sides_that_do_not_fit_are_one_line(saved, shape, message):
    with pytest.raises(ValueError, match=f"i.npy and .*t.npy {message}. Both must come from one run"):
        open_pair(saved(name="i.npy"), saved(*shape, name="t.npy"))

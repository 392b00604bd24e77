"""Where two files first differ, and by how much, for each kind of file."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from flows.differences import describe, flat

Pair = tuple[Path, Path]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Two paths without endings, as objects of a cache have them."""
    return tmp_path / "then", tmp_path / "now"


def test_other_files_differ_at_a_byte_and_in_size(pair: Pair) -> None:
    pair[0].write_bytes(b"abcdef")
    pair[1].write_bytes(b"abXde")
    assert describe("model.bin", *pair) == "6 bytes then, 5 now, the first other byte at offset 2"


def test_a_file_that_goes_on_differs_where_the_other_ends(pair: Pair) -> None:
    pair[0].write_bytes(b"abc")
    pair[1].write_bytes(b"abcd")
    assert describe("a.txt", *pair) == "3 bytes then, 4 now, the first other byte at offset 3"


def test_a_byte_beyond_the_first_block_is_found(pair: Pair) -> None:
    content = bytearray(3 << 20)
    pair[0].write_bytes(content)
    content[(2 << 20) + 7] = 1
    pair[1].write_bytes(content)
    assert describe("a.bin", *pair).endswith("the first other byte at offset 2,097,159")  # 2 · 2^20 + 7


def test_json_differs_in_values(pair: Pair) -> None:
    pair[0].write_text(json.dumps({"gain": {"points": 10.5}, "labels": ["a", "b"]}))
    pair[1].write_text(json.dumps({"gain": {"points": 11.0}, "labels": ["a", "c"]}))
    assert describe("m.json", *pair).startswith("2 of 3 values differ, the first gain.points: 10.5 then, 11.0 now; ")


def write_csv(table: pd.DataFrame, file: Path) -> None:
    table.to_csv(file, index=False)


@pytest.mark.parametrize(
    ("name", "write"), [("t.csv", write_csv), ("t.parquet", pd.DataFrame.to_parquet)], ids=["csv", "parquet"]
)
def test_tables_differ_at_a_cell_and_by_a_largest_number(
    pair: Pair, name: str, write: Callable[[pd.DataFrame, Path], None]
) -> None:
    table = pd.DataFrame({"id": ["a", "b", "c"], "score": [0.5, np.nan, 0.25], "rank": [1, 2, 3]})
    write(table, pair[0])
    write(table.assign(score=[0.5, np.nan, 0.75], rank=[1, 4, 3]), pair[1])
    said = describe(name, *pair)
    assert said.startswith(
        "2 of 9 cells differ, the first in row 1, column rank: 2 then, 4 now; "
        "the largest difference of a number is 2, in column rank; "
    )


def test_tables_of_other_length_or_columns_are_said_to_be(pair: Pair) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    write_csv(table, pair[0])
    write_csv(table.head(1), pair[1])
    assert describe("t.csv", *pair).startswith("2 rows then, 1 now; ")
    write_csv(table.rename(columns={"b": "c"}), pair[1])
    assert describe("t.csv", *pair).startswith("columns a, b then, a, c now; ")


def test_vectors_differ_by_a_largest_number(pair: Pair) -> None:
    vector_ND = np.zeros((3, 2), np.float32)
    for file, value in zip(pair, (0.0, 0.125), strict=True):
        vector_ND[1, 1] = value
        with file.open("wb") as out:
            np.save(out, vector_ND)
    assert describe("image.npy", *pair).startswith(
        "1 of 6 numbers differ, the first at [1, 1]: 0.0 then, 0.125 now; the largest difference is 0.125; "
    )


def test_weights_differ_tensor_by_tensor(pair: Pair) -> None:
    weights = {"a": np.zeros(2, np.float32), "b": np.zeros(2, np.float32)}
    save_file(weights, pair[0])
    save_file(weights | {"b": np.array([0, -0.5], np.float32)}, pair[1])
    assert describe("m.safetensors", *pair).startswith(
        "1 of 2 tensors differ; 1 of 2 numbers of b differ, the first at [1]: 0.0 then, -0.5 now; "
        "the largest difference is 0.5; "
    )


def test_a_file_that_is_not_what_its_ending_says_is_compared_by_bytes(pair: Pair) -> None:
    pair[0].write_bytes(b"no json")
    pair[1].write_bytes(b"no JSON")
    assert describe("m.json", *pair) == "7 bytes then and now, the first other byte at offset 3"


def test_leaves_have_dotted_names() -> None:
    assert dict(flat({"a": {"b": [1, {"c": 2}]}, "d": None})) == {"a.b.0": 1, "a.b.1.c": 2, "d": None}

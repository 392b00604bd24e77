"""Adapter `table`: csv, jsonl and parquet give the same images; bad tables give one clear line."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.collect.params import TableSource
from components.collect.rows import SourceError
from components.collect.table import read_table

ROWS = [
    {"path": "a.png", "text": "a red washer", "style": "photo", "license": "MIT", "class": "washer"},
    {"path": "b.PNG", "text": "青いナット", "style": "sketch", "license": "CC0-1.0", "class": "nut"},
    {"path": "lost.jpeg", "text": "a bolt", "style": "photo", "license": "MIT", "class": "bolt"},
]


@pytest.fixture
def folder(tmp_path, png):
    (tmp_path / "a.png").write_bytes(png("red"))
    (tmp_path / "b.PNG").write_bytes(png("blue"))
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(ROWS[0]))
        table.writeheader()
        table.writerows(ROWS)
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "t.parquet")
    return tmp_path


def read(path, *, labelled=False, **settings):
    source = TableSource.model_validate({"name": "t", "format": "table", "path": str(path), **settings})
    return list(read_table(source, labelled=labelled))


@pytest.mark.parametrize("file", ["t.csv", "t.jsonl", "t.parquet"])
def test_every_kind_of_table_gives_the_same_images(folder, png, file):
    red, blue, lost = read(folder / file, labelled=True)
    assert (red.key, red.image_bytes, red.extension) == ("a.png", png("red"), "png")
    assert (blue.caption, blue.licence, blue.label) == ("青いナット", "CC0-1.0", "nut")
    assert (lost.key, lost.image_bytes, lost.extension) == ("lost.jpeg", b"", "jpg")  # `validate` counts it


def test_images_may_lie_elsewhere(folder, tmp_path):
    (tmp_path / "tables").mkdir()
    (folder / "t.csv").rename(tmp_path / "tables" / "t.csv")
    assert [bool(image.image_bytes) for image in read(tmp_path / "tables/t.csv", images=str(tmp_path))] == [1, 1, 0]


def test_where_and_limit_choose_rows(folder):
    assert [image.key for image in read(folder / "t.csv", where={"style": "photo"})] == ["a.png", "lost.jpeg"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(folder):
    text = (folder / "t.csv").read_text(encoding="utf-8")
    (folder / "bom.csv").write_text(text, encoding="utf-8-sig")
    assert len(read(folder / "bom.csv")) == 3


def broken(folder, name, content, **settings):
    (folder / name).write_bytes(content)
    with pytest.raises(SourceError) as error:
        read(folder / name, **settings)
    return str(error.value).replace(f"{folder}/", "")


def test_bad_tables_are_named_with_the_mend(folder):
    latin = broken(folder, "latin.csv", "path,text\na.png,caf\xe9\n".encode("latin-1"))
    assert latin == "latin.csv is not UTF-8 (byte 19). Save it as UTF-8."
    cut = broken(folder, "cut.jsonl", b'{"path": "a.png", "text": "a"}\n{"path"')
    assert cut == "cut.jsonl, line 2, is not JSON: Expecting ':' delimiter. Mend or delete the line."
    assert broken(folder, "list.jsonl", b"[1]\n") == (
        "list.jsonl, line 1, is no JSON object. Write one object per line."
    )
    assert broken(folder, "no.parquet", b"nonsense").startswith("no.parquet cannot be read: ")
    assert broken(folder, "t.xlsx", b"") == ("t.xlsx is no table that we can read. Give a .csv, .jsonl, .parquet file.")
    assert broken(folder, "x.csv", b"picture,text\na.png,a\n") == (
        "No column has the image's path: set image to one of picture, text."
    )
    assert broken(folder, "y.csv", b"path,text\na.png,a\n", image="pth") == (
        "image names the column `pth`. Did you mean `path`?"
    )
    assert broken(folder, "far.csv", b"path,text\nfar/a.png,a\nfar/b.png,b\n") == (
        "None of 2 image files exists, such as far/a.png. Mend `images`."
    )
    assert broken(folder, "none.csv", b"path,text\n") == (
        "none.csv: No row passes every `where`, or there is no row at all."
    )


def test_a_missing_table_is_named_with_the_mend(tmp_path, monkeypatch):
    monkeypatch.setenv("KAKEHASHI_HOME", str(tmp_path))
    with pytest.raises(SourceError) as error:
        read("corpora/t.csv")
    assert str(error.value) == f"{tmp_path}/corpora/t.csv does not exist. Mend `path`, or set KAKEHASHI_HOME."


def test_a_relative_path_starts_from_home(folder, monkeypatch):
    monkeypatch.setenv("KAKEHASHI_HOME", str(folder))
    assert len(read("t.csv")) == 3

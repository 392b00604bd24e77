"""Adapter `table`: a csv, jsonl or parquet file with a row per image, the image files beside it."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.collect.found import Found
from components.collect.params import TableSource
from components.collect.places import bytes_or_nothing, extension_of, resolve
from components.collect.rows import RowReader, SourceError, columns_of, text_of
from components.params import unknown_name

IMAGE_COLUMNS = ("path", "image", "image_path", "file", "file_name", "filename")
ROWS_PER_READ = 1000


def read_table(source: TableSource, *, labelled: bool) -> Iterator[Found]:
    """The wanted rows of a table, in its order; an image file that is not there gives a record without bytes.

    Raises:
        SourceError: the table is missing or unreadable, lacks a named column, or has no wanted row.
    """
    table = resolve(source.path)
    folder = resolve(source.images) if source.images else table.parent
    columns, rows = open_rows(table)
    reader = RowReader(source, columns, labelled=labelled)
    image_column = _image_column(source, columns)
    wanted = present = 0
    first_place = ""
    for row in rows:
        if not reader.wants(row):
            continue
        place = text_of(row.get(image_column))
        image_bytes = bytes_or_nothing(folder / place) if place else b""
        wanted, present, first_place = wanted + 1, present + bool(image_bytes), first_place or place
        yield reader.found(row, place=place, image_bytes=image_bytes, extension=extension_of(place))
    if not wanted:
        raise SourceError(f"{table}: {reader.nothing_found()}")
    if not present:
        raise SourceError(f"None of {wanted} image files exists, such as {folder / first_place}. Mend `images`.")


def open_rows(table: Path) -> tuple[list[str], Iterator[dict[str, Any]]]:
    """Columns and rows of a csv, jsonl or parquet file, read as a stream.

    Raises:
        SourceError: the file's kind is unknown, or it does not read as what its name says.
    """
    kinds = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".parquet": _parquet_rows}
    kind = table.suffix.lower()
    if kind not in kinds:
        raise SourceError(f"{table} is no table that we can read. Give a {', '.join(kinds)} file.")
    with _readable(table):
        return kinds[kind](table)


def _csv_rows(table: Path) -> tuple[list[str], Iterator[dict[str, Any]]]:
    def rows() -> Iterator[dict[str, Any]]:
        with _readable(table), table.open(encoding="utf-8-sig", newline="") as lines:
            yield from csv.DictReader(lines)

    with table.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines), []), rows()


def _jsonl_rows(table: Path) -> tuple[list[str], Iterator[dict[str, Any]]]:
    def rows() -> Iterator[dict[str, Any]]:
        with _readable(table), table.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _json_object(table, number, line)

    return columns_of(rows()), rows()


def _parquet_rows(table: Path) -> tuple[list[str], Iterator[dict[str, Any]]]:
    def rows() -> Iterator[dict[str, Any]]:
        with _readable(table):
            for batch in pq.ParquetFile(table).iter_batches(batch_size=ROWS_PER_READ):
                yield from batch.to_pylist()

    return list(pq.read_schema(table).names), rows()


def _json_object(table: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise SourceError(f"{table}, line {number}, is not JSON: {error.msg}. Mend or delete the line.") from None
    if not isinstance(row, dict):
        raise SourceError(f"{table}, line {number}, is no JSON object. Write one object per line.")
    return row


@contextmanager
def _readable(table: Path) -> Iterator[None]:
    """Turn what the parsers raise on a damaged file into one clear line."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise SourceError(f"{table} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    except (pa.ArrowInvalid, csv.Error) as error:
        raise SourceError(f"{table} cannot be read: {str(error).rstrip('.')}. Fetch or write the file again.") from None


def _image_column(source: TableSource, columns: list[str]) -> str:
    if source.image and source.image not in columns:
        raise SourceError(f"image names the column `{source.image}`. {unknown_name(source.image, columns)}")
    usual = [source.image] if source.image else [column for column in IMAGE_COLUMNS if column in columns]
    if not usual:
        raise SourceError(f"No column has the image's path: set image to one of {', '.join(columns)}.")
    return usual[0]

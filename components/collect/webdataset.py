"""Adapter `webdataset`: tar shards as img2dataset writes them, read as a stream, one sample in memory at a time."""

import json
import re
import tarfile
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.collect.found import Found
from components.collect.params import WebdatasetSource
from components.collect.places import IMAGE_EXTENSIONS, extension_of, resolve
from components.collect.rows import RowReader, SourceError, columns_of

SHARDS = ("*.tar", "*.tar.gz", "*.tgz")
SHARD_ENDING = re.compile(r"\.(tar|tar\.(gz|bz2|xz)|tgz)$")
TEXTS = frozenset({"json", "txt"})

Metadata = Mapping[str, Mapping[str, Any]]


def read_webdataset(source: WebdatasetSource, *, labelled: bool) -> Iterator[Found]:
    """Every wanted sample of every shard, in order of shard and place; a sample without image gives no bytes.

    Raises:
        SourceError: no shard, a shard that does not read to its end, or no wanted sample.
    """
    top = resolve(source.path)
    reader: RowReader | None = None
    wanted = 0
    for shard in _shards(top):
        stem = SHARD_ENDING.sub("", shard.name)
        metadata = _parquet_metadata(shard.with_name(f"{stem}.parquet"))
        for key, row, parts in _rows(shard, metadata, IMAGE_EXTENSIONS | TEXTS):
            reader = reader or RowReader(source, _columns(shard, metadata, source.limit), labelled=labelled)
            if reader.wants(row):
                reader.follow(row)
                wanted += 1
                extension = next((ending for ending in parts if ending in IMAGE_EXTENSIONS), "")
                yield reader.found(
                    row, place=f"{stem}/{key}", image_bytes=parts.get(extension, b""), extension=extension
                )
    if not wanted:
        raise SourceError(f"{top}: {reader.nothing_found() if reader else 'the shards hold no sample.'}")


def _shards(top: Path) -> list[Path]:
    shards = [top] if top.is_file() else sorted(shard for pattern in SHARDS for shard in top.glob(pattern))
    if not shards:
        raise SourceError(f"{top} holds no tar shard. Give `path` the folder with the .tar files.")
    return shards


def _columns(shard: Path, metadata: Metadata, limit: int) -> list[str]:
    """Every column of a shard's samples, no image read; with a limit, of no more samples than it makes us read."""
    return columns_of(row for _, row, _ in islice(_rows(shard, metadata, TEXTS), limit or None))


def _rows(
    shard: Path, metadata: Metadata, read: Container[str]
) -> Iterator[tuple[str, dict[str, Any], dict[str, bytes]]]:
    """Each sample's key, row and members; the parquet names it by its key or, if only one fits, without its folder."""
    named: dict[str, str] = {}
    for key, parts in _samples(shard, read):
        name = key if key in metadata else key.rpartition("/")[2]
        if name in metadata and named.setdefault(name, key) != key:
            raise SourceError(
                f"{shard}: the key `{name}` of its parquet fits both {named[name]} and {key}. "
                "Write the folder into the parquet's keys."
            )
        yield key, {**metadata.get(name, {}), **_row(shard, key, parts)}, parts


def _samples(shard: Path, read: Container[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each key with its members by file ending; members of one key stand together, as WebDataset wants."""
    for key, group in groupby(_members(shard, read), key=lambda member: member[0]):
        yield key, {ending: content for _, ending, content in group}


def _members(shard: Path, read: Container[str]) -> Iterator[tuple[str, str, bytes]]:
    """Key (folder and name), ending and content of each image and text; no content of an ending not in `read`."""
    with _readable(shard), tarfile.open(shard, "r:*") as tar:
        while (member := tar.next()) is not None:
            tar.members = []  # type: ignore[attr-defined]  # or the directory of a long shard would pile up
            content = tar.extractfile(member) if member.isfile() else None
            folder, slash, name = member.name.removeprefix("./").rpartition("/")
            key = f"{folder}{slash}{name.partition('.')[0]}"
            ending = extension_of(name)
            if content is not None and (ending in IMAGE_EXTENSIONS or ending in TEXTS):
                yield key, ending, content.read() if ending in read else b""
        _check_end(shard, tar)


def _check_end(shard: Path, tar: tarfile.TarFile) -> None:
    """tarfile takes a damaged header, or none, for the end; the real end is a block of zeros."""
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise SourceError(f"{shard} is damaged at byte {tar.offset}. Fetch the shard again, or remove it.")


@contextmanager
def _readable(shard: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise SourceError(f"{shard} cannot be read: {error}. Fetch the shard again, or remove it.") from None


def _row(shard: Path, key: str, parts: Mapping[str, bytes]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "txt" in parts:
        row["caption"] = parts["txt"].decode("utf-8", errors="replace").strip()
    if "json" in parts:
        try:
            row |= json.loads(parts["json"])
        except (json.JSONDecodeError, UnicodeDecodeError, TypeError) as error:
            raise SourceError(f"{shard}, member {key}.json, is not a JSON object: {error}. Mend the shard.") from None
    return row


def _parquet_metadata(file: Path) -> Metadata:
    """The rows of a shard's parquet by `key`; none if there is no such file."""
    if not file.is_file():
        return {}
    try:
        rows = pq.read_table(file).to_pylist()
    except pa.ArrowInvalid as error:
        raise SourceError(f"{file} cannot be read: {str(error).rstrip('.')}. Fetch it again, or remove it.") from None
    return {str(row["key"]): row for row in rows if "key" in row}

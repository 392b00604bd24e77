"""The canonical corpus: one record per image, the images in tar shards beside one manifest.

    <folder>/manifest.parquet   one row per image, columns COLUMNS
    <folder>/00000.tar …        the image files, members named by `member`, mtime 0

`label`, `domain` and `split` are filled in for evaluation sets alone; no stage that learns reads them.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from io import FileIO
from pathlib import Path
from typing import Self, TypeVar

import imagehash
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from components.decoding import decode

Record = dict[str, object]

COLUMNS = {
    "id": "str",  # <source>/<key>, unique in the corpus
    "shard": "str",  # file name of the tar
    "member": "str",  # file name inside the tar
    "offset": "int64",  # where the image's bytes begin in the tar …
    "bytes": "int64",  # … and how many there are: a read is a seek, not a scan
    "caption": "str",
    "language": "str",
    "source": "str",
    "url": "str",
    "licence": "str",
    "author": "str",
    "width": "int64",  # pixels; 0 when the image does not decode
    "height": "int64",
    "sha256": "str",
    "perceptual_hash": "str",  # 256-bit pHash in hex; empty when the image does not decode
    "label": "str",
    "domain": "str",
    "split": "str",
}
LEARNING_COLUMNS = [name for name in COLUMNS if name not in ("label", "domain", "split")]
MANIFEST = "manifest.parquet"
HASH_SIDE = 16
"""The perceptual hash is HASH_SIDE² = 256 bits: 64 bits confuse drawings that are mostly white."""
ROWS_PER_GROUP = 10_000
_ARROW = {"str": pa.string(), "int64": pa.int64()}
_SCHEMA = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in COLUMNS.items()])
Item = TypeVar("Item")


class CorpusWriter:
    """Writes a canonical corpus record by record: images into numbered shards, records into the manifest.

    Use as a context; the manifest is complete when the block has ended.
    """

    def __init__(self, folder: Path, *, images_per_shard: int):
        self._shards = ShardWriter(folder, images_per_shard)
        self._manifest = pq.ParquetWriter(folder / MANIFEST, _SCHEMA)
        self._rows: list[Record] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self._shards.close()
        if fault[0] is None:
            self._flush()
        self._manifest.close()

    def add(self, record: Record, image_bytes: bytes, extension: str) -> None:
        """Append one image and its record, which lacks only the image's place; the member's name is its number."""
        member = f"{self._shards.images:09d}.{extension or 'bin'}"
        shard, offset = self._shards.add(member, image_bytes)
        place = {"shard": shard, "member": member, "offset": offset, "bytes": len(image_bytes)}
        self._rows.append({**record, **place})
        if len(self._rows) == ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._manifest.write_table(pa.Table.from_pylist(self._rows, schema=_SCHEMA))
            self._rows = []


class ShardWriter:
    """Writes images into numbered tar shards, and gives each one's place."""

    def __init__(self, folder: Path, images_per_shard: int):
        self.folder, self.images_per_shard = folder, images_per_shard
        self.images = 0
        self._tar: tarfile.TarFile | None = None

    def add(self, member: str, image_bytes: bytes) -> tuple[str, int]:
        """Append one image; returns its shard's name and the offset of its bytes in the shard."""
        shard = f"{self.images // self.images_per_shard:05d}.tar"
        if self._tar is None or self.images % self.images_per_shard == 0:
            self.close()
            self._tar = tarfile.open(self.folder / shard, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        info = tarfile.TarInfo(member)  # mtime 0, uid 0, mode 644: the same bytes whoever writes it
        info.size = len(image_bytes)
        offset = self._tar.offset + tarfile.BLOCKSIZE
        self._tar.addfile(info, io.BytesIO(image_bytes))
        self._tar.members = []  # type: ignore[attr-defined]  # or the directory of a long shard would pile up
        self.images += 1
        return shard, offset

    def close(self) -> None:
        """End the shard that is being written."""
        if self._tar is not None:
            self._tar.close()
            self._tar = None


def manifest_table(rows: Sequence[Record]) -> pd.DataFrame:
    """Canonical records as a table with exactly the columns and types of COLUMNS."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(COLUMNS)


def read_manifest(file: Path, *, learning: bool) -> pd.DataFrame:
    """The records of a manifest; with `learning`, without the columns that only evaluation may see.

    Raises:
        ValueError: the file is no manifest.
    """
    try:
        return pd.read_parquet(file, columns=LEARNING_COLUMNS if learning else list(COLUMNS))
    except pa.ArrowInvalid:
        raise ValueError(f"{file} is damaged. Run `dvc repro --force` for the stage that writes it.") from None


def read_image_bytes(folder: Path, records: pd.DataFrame) -> Iterator[bytes]:
    """Each record's image file, in the records' order; shards are opened once per run of equal names."""
    with closing(_ShardReader(folder)) as shards:
        for shard, offset, size in zip(records["shard"], records["offset"], records["bytes"], strict=True):
            yield shards.read(shard, int(offset), int(size))


def read_images(folder: Path, records: pd.DataFrame) -> Iterator[Image.Image]:
    """Each record's image, decoded; records must be accepted ones (a broken image raises)."""
    for image_bytes in read_image_bytes(folder, records):
        yield decode(image_bytes)


def fingerprints(image_bytes: bytes) -> Record:
    """Width, height, SHA-256 and perceptual hash; width and height 0 and no hash if the image does not decode."""
    sha256 = hashlib.sha256(image_bytes).hexdigest()
    try:
        image = decode(image_bytes)
    except Exception:  # Pillow's decoders raise almost anything on hostile bytes; the record says so by its zeros
        return {"width": 0, "height": 0, "sha256": sha256, "perceptual_hash": ""}
    perceptual = str(imagehash.phash(image, hash_size=HASH_SIDE))
    return {"width": image.width, "height": image.height, "sha256": sha256, "perceptual_hash": perceptual}


class _ShardReader:
    def __init__(self, folder: Path):
        self.folder, self.name = folder, ""
        self.file: FileIO | None = None

    def read(self, shard: str, offset: int, size: int) -> bytes:
        if self.file is None or shard != self.name:
            self.close()
            self.name, self.file = shard, (self.folder / shard).open("rb", buffering=0)
        self.file.seek(offset)
        image_bytes = self.file.read(size)
        if len(image_bytes) != size:
            raise ValueError(f"{self.folder / shard} ends early, so it is damaged. Run `dvc repro --force collect`.")
        return image_bytes

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive lists of `size` items, the last one shorter."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

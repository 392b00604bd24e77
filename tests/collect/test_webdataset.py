"""Adapter `webdataset`: samples in order, metadata from json or parquet, damage found."""

import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.collect.params import WebdatasetSource
from components.collect.rows import SourceError
from components.collect.webdataset import read_webdataset


def write_shard(file, members):
    with tarfile.open(file, "w:gz" if file.suffix == ".gz" else "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


@pytest.fixture
def shards(tmp_path, png):
    def text(**metadata):
        return json.dumps(metadata).encode()

    write_shard(
        tmp_path / "00000.tar",
        {
            "000000.png": png("red"),
            "000000.txt": b"a red gear ",
            "000000.json": text(style="iso", license="CC BY 4.0", url="u0", author="A"),
            "000001.jpeg": png("green"),
            "000001.txt": "緑の歯車".encode(),
            "000001.json": text(style="line", license="CC BY 4.0", url="u1", author="B"),
            "000002.txt": b"no image came",
            "000002.json": text(style="iso", license="", url="u2", author=None),
        },
    )
    write_shard(tmp_path / "00001.tar.gz", {"000000.webp": png("blue"), "000000.cls": b"4"})
    row = {"key": "000000", "caption": "a blue gear", "style": "iso", "license": "MIT", "url": "u3", "author": "C"}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "00001.parquet")
    return tmp_path


def source_at(path, **settings):
    return WebdatasetSource.model_validate({"name": "w", "format": "webdataset", "path": str(path), **settings})


def read(path, **settings):
    return list(read_webdataset(source_at(path, **settings), labelled=False))


def test_samples_come_in_order_of_shard_and_place(shards, png):
    red, green, none, blue = read(shards)
    assert (red.key, red.caption, red.licence, red.author) == ("00000/000000", "a red gear", "CC BY 4.0", "A")
    assert (red.image_bytes, red.extension, red.url) == (png("red"), "png", "u0")
    assert (green.key, green.caption, green.extension) == ("00000/000001", "緑の歯車", "jpg")
    assert (none.image_bytes, none.author) == (b"", "")  # `validate` counts it as missing its image
    assert (blue.key, blue.caption, blue.licence, blue.image_bytes) == (
        "00001/000000", "a blue gear", "MIT", png("blue"),
    )  # fmt: skip


def test_where_filters_on_metadata(shards):
    assert [image.url for image in read(shards, where={"style": "iso"})] == ["u0", "u2", "u3"]


def test_one_shard_may_be_named_alone(shards):
    assert [image.url for image in read(shards / "00001.tar.gz")] == ["u3"]


def test_samples_of_one_name_in_two_folders_stay_two(tmp_path, png):
    members = {
        "./x/001.jpg": png("red"),
        "./x/001.txt": b"a red gear",
        "y/001.jpg": png("blue"),
        "y/001.txt": b"a blue gear",
        "y.2/001.txt": b"a dot in the folder",
    }
    write_shard(tmp_path / "0.tar", members)
    assert [(image.key, image.caption, image.image_bytes) for image in read(tmp_path)] == [
        ("0/x/001", "a red gear", png("red")),
        ("0/y/001", "a blue gear", png("blue")),
        ("0/y.2/001", "a dot in the folder", b""),
    ]


def write_metadata(file, *rows):
    pq.write_table(pa.Table.from_pylist(list(rows)), file)


def test_a_parquet_names_samples_with_or_without_their_folder(tmp_path, png):
    write_shard(tmp_path / "0.tar", {"x/001.png": png("red"), "y/001.png": png("blue"), "y/002.png": png("green")})
    full = [{"key": "x/001", "caption": "a red gear"}, {"key": "y/001", "caption": "a blue gear"}]
    write_metadata(tmp_path / "0.parquet", *full, {"key": "002", "caption": "a green gear"})
    assert [image.caption for image in read(tmp_path)] == ["a red gear", "a blue gear", "a green gear"]
    write_metadata(tmp_path / "0.parquet", {"key": "001", "caption": "a gear"})
    assert refused(tmp_path) == (
        "PATH/0.tar: the key `001` of its parquet fits both x/001 and y/001. Write the folder into the parquet's keys."
    )


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tgz"])
def test_shards_with_dots_in_their_names_stay_apart(tmp_path, png, ending):
    for number, caption in enumerate(["a gear", "a nut"], start=1):
        write_shard(tmp_path / f"train.000{number}.{ending}", {"0.png": png("red")})
        write_metadata(tmp_path / f"train.000{number}.parquet", {"key": "0", "caption": caption})
    found = [(image.key, image.caption) for image in read(tmp_path)]
    assert found == [("train.0001/0", "a gear"), ("train.0002/0", "a nut")]


def test_a_column_that_the_first_sample_lacks_is_read(tmp_path, png):
    def shard(name, *rows):
        images = {f"{number}.png": png("red") for number in range(len(rows))}
        texts = {f"{number}.json": json.dumps(row).encode() for number, row in enumerate(rows)}
        write_shard(tmp_path / name, dict(sorted((images | texts).items())))

    shard("0.tar", {"url": "u"}, {"caption": "a gear", "license": "MIT"}, {"text": "a nut", "style": "iso"})
    shard("1.tar", {"caption": "a bolt", "author": "A"})  # a column that the whole first shard lacks
    assert [(image.caption, image.licence, image.url, image.author) for image in read(tmp_path)] == [
        ("", "", "u", ""),
        ("a gear", "MIT", "", ""),
        ("a nut", "", "", ""),
        ("a bolt", "", "", "A"),
    ]
    assert [image.caption for image in read(tmp_path, where={"style": "iso"})] == ["a nut"]
    assert [image.licence for image in read(tmp_path, licence="license")] == ["", "MIT", "", ""]


def test_a_limit_reads_no_further_than_it_must(shards):
    damaged = shards / "damaged.tar"
    damaged.write_bytes((shards / "00000.tar").read_bytes()[: 6 * 1024] + b"\xff" * 1024)
    first = next(read_webdataset(source_at(damaged, limit=1), labelled=False))
    assert first.caption == "a red gear"
    assert "is damaged at byte 6144" in refused(damaged)


def refused(path, **settings):
    with pytest.raises(SourceError) as error:
        read(path, **settings)
    return str(error.value).replace(f"{path}", "PATH")


def test_damage_is_named_with_the_mend(shards, tmp_path):
    whole = (shards / "00000.tar").read_bytes()
    in_header, between, in_image = tmp_path / "header.tar", tmp_path / "between.tar", tmp_path / "image.tar"
    # header 512 B, image of 512 B or less in one block, header of the text from byte 1024 on
    in_header.write_bytes(whole[:1024] + b"\xff" * 512 + whole[1536:])
    between.write_bytes(whole[:1024])
    in_image.write_bytes(whole[:600])
    fetch = "Fetch the shard again, or remove it."
    assert refused(in_header) == f"PATH is damaged at byte 1024. {fetch}"
    assert refused(between) == f"PATH is damaged at byte 1024. {fetch}"
    assert refused(in_image) == f"PATH cannot be read: unexpected end of data. {fetch}"
    (tmp_path / "noise.tar").write_bytes(b"x" * 2000)
    assert refused(tmp_path / "noise.tar").startswith("PATH cannot be read: ")


def test_nothing_to_read_is_named_with_the_mend(shards, tmp_path):
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == "PATH holds no tar shard. Give `path` the folder with the .tar files."
    assert refused(shards, where={"style": "isso"}) == "PATH: No row has style = isso. Did you mean `iso`?"
    write_shard(tmp_path / "empty" / "0.tar", {"a.json": b"{"})
    assert "member a.json, is not a JSON object" in refused(tmp_path / "empty")

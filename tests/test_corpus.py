"""The canonical corpus: what is written is what is read, byte for byte, from the place the record names."""

import io
import tarfile

import imagehash
import pandas as pd
import pytest
from PIL import Image

from components import corpus
from components.corpus import (
    COLUMNS,
    LEARNING_COLUMNS,
    MANIFEST,
    CorpusWriter,
    ShardWriter,
    batches,
    decode,
    fingerprints,
    manifest_table,
    read_image_bytes,
    read_images,
    read_manifest,
)


def encoded(image, kind="PNG", **how):
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def test_a_shard_s_offsets_lead_to_the_bytes(tmp_path):
    images = [bytes([number]) * (100 * number + 1) for number in range(5)]
    shards = ShardWriter(tmp_path, images_per_shard=2)
    places = [shards.add(f"{number}.png", image) for number, image in enumerate(images)]
    shards.close()
    # a header is 512 bytes, an image is rounded up to 512
    assert places == [
        ("00000.tar", 512),
        ("00000.tar", 1536),
        ("00001.tar", 512),
        ("00001.tar", 1536),
        ("00002.tar", 512),
    ]
    for (shard, offset), image in zip(places, images, strict=True):
        assert (tmp_path / shard).read_bytes()[offset : offset + len(image)] == image


def test_a_shard_is_an_ordinary_tar_that_knows_no_time_or_person(tmp_path):
    shards = ShardWriter(tmp_path, images_per_shard=10)
    shards.add("a.png", b"a")
    shards.add("b.png", b"bb")
    shards.close()
    with tarfile.open(tmp_path / "00000.tar") as tar:
        assert [(member.name, member.size, member.mtime, member.uid, member.uname) for member in tar] == [
            ("a.png", 1, 0, 0, ""), ("b.png", 2, 0, 0, ""),
        ]  # fmt: skip


def record(number):
    return {name: "" if kind == "str" else 0 for name, kind in COLUMNS.items()} | {"id": f"s/{number}"}


def write(folder, images, **how):
    folder.mkdir()
    with CorpusWriter(folder, images_per_shard=how.get("images_per_shard", 3)) as writer:
        for number, image in enumerate(images):
            writer.add(record(number), image, how.get("extension", "png"))


def test_images_come_back_in_any_order(tmp_path):
    images = [bytes([number]) * 9 for number in range(8)]
    write(tmp_path / "c", images)
    records = read_manifest(tmp_path / "c" / MANIFEST, learning=True)
    assert list(records["id"]) == [f"s/{number}" for number in range(8)]
    backwards = records.iloc[::-1]
    assert list(read_image_bytes(tmp_path / "c", backwards)) == images[::-1]


def test_a_manifest_is_the_same_however_it_is_cut_into_groups(tmp_path, monkeypatch):
    images = [b"x"] * 25
    write(tmp_path / "whole", images)
    monkeypatch.setattr(corpus, "ROWS_PER_GROUP", 10)
    write(tmp_path / "groups", images)
    whole, groups = (read_manifest(tmp_path / name / MANIFEST, learning=False) for name in ("whole", "groups"))
    pd.testing.assert_frame_equal(whole, groups)
    pd.testing.assert_frame_equal(whole, manifest_table(whole.to_dict("records")))


def test_what_learns_sees_no_label(tmp_path):
    write(tmp_path / "c", [b"x"])
    columns = list(read_manifest(tmp_path / "c" / MANIFEST, learning=True).columns)
    assert columns == LEARNING_COLUMNS
    assert set(COLUMNS) - set(columns) == {"label", "domain", "split"}


def test_a_failed_corpus_passes_its_fault_on(tmp_path):
    with pytest.raises(ZeroDivisionError), CorpusWriter(tmp_path, images_per_shard=3) as writer:
        writer.add(record(0), b"x", "png")
        raise ZeroDivisionError


def test_a_damaged_shard_and_a_damaged_manifest_are_named_with_the_mend(tmp_path):
    write(tmp_path / "c", [b"x" * 600])
    records = read_manifest(tmp_path / "c" / MANIFEST, learning=True)
    shard = tmp_path / "c" / "00000.tar"
    shard.write_bytes(shard.read_bytes()[:700])
    with pytest.raises(ValueError) as error:
        list(read_image_bytes(tmp_path / "c", records))
    assert str(error.value) == f"{shard} ends early, so it is damaged. Run `dvc repro --force collect`."
    (tmp_path / "c" / MANIFEST).write_bytes(b"nonsense")
    with pytest.raises(ValueError, match=r"manifest.parquet is damaged. Run `dvc repro --force`"):
        read_manifest(tmp_path / "c" / MANIFEST, learning=True)


def test_transparency_is_seen_on_white():
    half_red = Image.new("RGBA", (2, 2), (255, 0, 0, 128))
    assert decode(encoded(half_red)).getpixel((0, 0)) == (255, 127, 127)  # 255 * (1 - 128 / 255)
    assert decode(encoded(Image.new("LA", (2, 2), (0, 0)))).getpixel((0, 0)) == (255, 255, 255)
    assert decode(encoded(Image.new("L", (2, 2), 7))).getpixel((0, 0)) == (7, 7, 7)


def test_decoded_images_come_in_the_records_order(tmp_path):
    write(tmp_path / "c", [encoded(Image.new("RGB", (2, 2), colour)) for colour in ("red", "blue")])
    records = read_manifest(tmp_path / "c" / MANIFEST, learning=True)
    assert [image.getpixel((0, 0)) for image in read_images(tmp_path / "c", records)] == [(255, 0, 0), (0, 0, 255)]


def test_fingerprints_of_an_image():
    image = Image.linear_gradient("L").resize((40, 30))
    found = fingerprints(encoded(image))
    assert (found["width"], found["height"]) == (40, 30)
    assert found["perceptual_hash"] == str(imagehash.phash(image, hash_size=16))
    assert len(found["perceptual_hash"]) == 256 / 4  # four bits a digit


@pytest.mark.parametrize(
    "image_bytes",
    [b"", b"<html>404</html>", encoded(Image.linear_gradient("L"))[:300]],
    ids=["empty", "page", "truncated"],
)
def test_what_does_not_decode_has_no_size_and_no_hash(image_bytes):
    found = fingerprints(image_bytes)
    assert (found["width"], found["height"], found["perceptual_hash"]) == (0, 0, "")
    assert len(found["sha256"]) == 64


def test_an_image_that_would_fill_the_memory_does_not_decode():
    bomb = encoded(Image.new("1", (20_000, 10_000)))  # 200 million pixels in 24 kB
    assert fingerprints(bomb)["width"] == 0


def test_batches():
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []

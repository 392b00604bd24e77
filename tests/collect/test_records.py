"""From what was found to a canonical record."""

import hashlib

import pytest

from components.collect.found import Found
from components.collect.records import record_of, write_source
from components.corpus import MANIFEST, CorpusWriter, read_manifest


def found(key, image_bytes):
    return Found(
        key=key, image_bytes=image_bytes, extension="png", caption="a red gear", language="en", url="u",
        licence="MIT", author="A", label="gear",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("labelled", "expected"),
    [(False, ("", "", "")), (True, ("gear", "line", "evaluation"))],
    ids=["corpus", "evaluation"],
)
def test_label_domain_and_split_are_for_evaluation_alone(labelled, expected):
    record = record_of(found("7", b""), {"sha256": "0"}, source="line", labelled=labelled)
    assert (record["label"], record["domain"], record["split"]) == expected
    assert (record["id"], record["source"], record["licence"], record["author"]) == ("line/7", "line", "MIT", "A")


@pytest.mark.parametrize("workers", [1, 2])
def test_images_are_written_in_order_with_their_fingerprints(tmp_path, png, workers):
    images = [found(str(number), png("red") if number % 2 else b"broken") for number in range(150)]  # three batches
    with CorpusWriter(tmp_path, images_per_shard=100) as writer:
        written = list(write_source(writer, images, source="s", labelled=False, workers=workers))
    assert written == [(f"s/{number}", len(image.image_bytes), "gear") for number, image in enumerate(images)]
    records = read_manifest(tmp_path / MANIFEST, learning=True)
    assert records["id"].tolist() == [f"s/{number}" for number in range(150)]
    assert records["width"].tolist() == [0, 4] * 75
    assert records["sha256"].iloc[1] == hashlib.sha256(png("red")).hexdigest()

"""Adapter `coco`: every image by id with its first caption, the licence's name, the category for evaluation."""

import json

import pytest

from components.collect.coco import read_coco
from components.collect.params import CocoSource
from components.collect.rows import SourceError

COCO = {
    "licenses": [{"id": 4, "name": "CC BY 2.0", "url": "http://creativecommons.org/licenses/by/2.0/"}],
    "categories": [{"id": 9, "name": "gear"}],
    "images": [
        {"id": 12, "file_name": "b.png", "license": 4, "coco_url": "http://images.example/b.png"},
        {"id": 3, "file_name": "a.png", "license": 7, "flickr_url": "http://flickr.example/a"},
        {"id": 5, "file_name": "unsaid.png", "license": 4},
    ],
    "annotations": [
        {"id": 40, "image_id": 12, "caption": "the second word"},
        {"id": 30, "image_id": 12, "caption": "the first word "},
        {"id": 50, "image_id": 3, "caption": "a gear"},
        {"id": 60, "image_id": 12, "category_id": 9},
        {"id": 70, "image_id": 3, "category_id": 9},
    ],
}


@pytest.fixture
def file(tmp_path, png):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(png("red"))
    (tmp_path / "images" / "b.png").write_bytes(png("blue"))
    (tmp_path / "captions.json").write_text(json.dumps(COCO))
    return tmp_path / "captions.json"


def read(file, **settings):
    values = {"name": "c", "format": "coco", "path": str(file), "images": str(file.parent / "images"), **settings}
    return list(read_coco(CocoSource.model_validate(values), labelled=True))


def test_images_come_by_id_with_their_first_caption(file, png):
    first, _, second = read(file)
    assert (first.key, first.caption, first.licence, first.url) == ("3", "a gear", "", "http://flickr.example/a")
    assert (second.key, second.caption, second.licence) == ("12", "the first word", "CC BY 2.0")
    assert (second.image_bytes, second.label, second.url) == (png("blue"), "gear", "http://images.example/b.png")


@pytest.mark.parametrize("caption", ["", "a photo of a {category}"], ids=["column", "template"])
def test_an_image_without_annotation_has_an_empty_caption(file, caption):
    unsaid = read(file, caption=caption)[1]
    assert (unsaid.key, unsaid.caption, unsaid.label, unsaid.licence) == ("5", "", "", "CC BY 2.0")


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("images", "id"),
        ("images", "file_name"),
        ("annotations", "id"),
        ("annotations", "image_id"),
        ("licenses", "id"),
        ("categories", "id"),
        ("categories", "name"),
    ],
)
def test_a_lacking_field_is_named_with_the_mend(file, part, field):
    coco = json.loads(file.read_text())
    del coco[part][-1][field]
    file.write_text(json.dumps(coco))
    with pytest.raises(SourceError) as error:
        read(file)
    place = f"{part}[{len(coco[part]) - 1}]"
    assert str(error.value) == f"{file}: {place} has no `{field}`. Add it, or delete the entry."


def test_bad_annotations_are_named_with_the_mend(file):
    def refused(text, **settings):
        file.write_text(text)
        with pytest.raises(SourceError) as error:
            read(file, **settings)
        return str(error.value).replace(f"{file.parent}/", "")

    good = json.dumps(COCO)
    assert refused('{"images": [}') == "captions.json, line 1, is not JSON: Expecting value. Fetch the file again."
    assert refused('{"images": []}') == "captions.json has no `annotations`. Give a COCO captions or instances file."
    assert refused(good, images=str(file.parent)) == ("None of 3 image files exists, such as a.png. Mend `images`.")
    assert refused(good, where={"license": "1"}) == "captions.json: No row has license = 1. Known: 7, 4."

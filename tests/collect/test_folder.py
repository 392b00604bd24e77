"""Adapter `folder`: the folder's name is the class."""

import pytest

from components.collect.folder import read_folder
from components.collect.params import FolderSource
from components.collect.rows import SourceError


@pytest.fixture
def classes(tmp_path, png):
    for name, colour in {"spur_gear/a.png": "red", "spur_gear/deep/b.png": "blue", "nut/c.png": "green"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png(colour))
    (tmp_path / "nut" / "notes.txt").write_text("not an image")
    return tmp_path


def read(path, **settings):
    source = FolderSource.model_validate({"name": "f", "format": "folder", "path": str(path), **settings})
    return list(read_folder(source, labelled=True))


def test_each_image_has_its_folder_s_name_as_class(classes):
    assert [(image.key, image.label, image.caption) for image in read(classes)] == [
        ("nut/c.png", "nut", "a photo of a nut"),
        ("spur_gear/a.png", "spur gear", "a photo of a spur gear"),
        ("spur_gear/deep/b.png", "spur gear", "a photo of a spur gear"),
    ]


def test_where_chooses_classes(classes):
    assert [image.key for image in read(classes, where={"label": "nut"}, caption="{label}")] == ["nut/c.png"]


def refused(path, **settings):
    with pytest.raises(SourceError) as error:
        read(path, **settings)
    return str(error.value).replace(str(path), "TOP")


def test_bad_folders_are_named_with_the_mend(classes, tmp_path, png):
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == (
        "TOP has no wanted image. Give `path` a folder of class folders with images."
    )
    assert refused(classes, where={"label": "nuts"}) == (
        "TOP has no wanted image. No row has label = nuts. Did you mean `nut`?"
    )
    assert refused(classes / "nut" / "c.png") == ("TOP is a file. Give `path` the folder that holds the class folders.")
    (classes / "stray.png").write_bytes(png("white"))
    assert refused(classes) == "TOP/stray.png lies in no class folder. Move it into the folder of its class."

"""The picture of a query: what cannot be looked for is said with the file's name and a mend that fits."""

import pytest
from PIL import Image

from components.search import picture


def test_a_picture_is_read(tmp_path):
    Image.new("RGB", (8, 4), "red").save(tmp_path / "q.png")
    assert picture(tmp_path / "q.png").size == (8, 4)


def test_a_missing_picture_and_one_that_is_none_are_named(tmp_path):
    (tmp_path / "q.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"q\.png is no image that can be read\. Give a PNG, JPEG or WebP file\."):
        picture(tmp_path / "q.png")
    with pytest.raises(ValueError, match=r"none\.png does not exist\. Give the path of a picture to look for\."):
        picture(tmp_path / "none.png")

"""Pictures in Markdown: whole in themselves, and not larger than a page needs."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from flows.pictures import markdown_of


@pytest.mark.parametrize(
    ("drawn", "shown"), [((40, 20), (40, 20)), ((3200, 200), (1600, 100))], ids=["small stays", "wide is halved"]
)
def test_a_picture_travels_in_the_text(tmp_path: Path, drawn: tuple[int, int], shown: tuple[int, int]) -> None:
    Image.new("RGB", drawn, (200, 30, 30)).save(tmp_path / "sheet.png")
    found = re.fullmatch(
        r"!\[a sheet\]\(data:image/jpeg;base64,(\S+)\)", markdown_of(tmp_path / "sheet.png", "a sheet")
    )
    assert found
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
        assert picture.size == shown
        red, green, blue = picture.getpixel((10, 10))
    assert (abs(red - 200), abs(green - 30), abs(blue - 30)) < (5, 5, 5)

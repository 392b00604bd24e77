"""Images and settings for the tests of `collect`."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

Png = Callable[[str], bytes]


@pytest.fixture
def png() -> Png:
    """A 4 × 3 image of one colour, as a file's bytes."""

    def file(colour: str) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", (4, 3), colour).save(buffer, "PNG")
        return buffer.getvalue()

    return file

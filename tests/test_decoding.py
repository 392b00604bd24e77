"""Pixels of image files: transparency lies on white."""

import io

from PIL import Image

from components.decoding import decode


def saved(image: Image.Image, kind: str = "PNG", **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def test_a_transparent_colour_lies_on_white():
    black = Image.new("RGB", (8, 8))
    assert decode(saved(black, transparency=(0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)

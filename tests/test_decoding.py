"""Pixels of image files: transparency on white, and the short way gives what the long way gives."""

import io

import numpy as np
import pytest
from PIL import Image

from components.decoding import decode, plain_square


def saved(image: Image.Image, kind: str = "PNG", **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


@pytest.mark.parametrize("how", [{}, {"compress_level": 0}, {"optimize": True}, {"dpi": (300, 300)}])
def test_a_plain_square_png_has_the_pixels_that_pillow_reads(picture, how):
    file = saved(picture(3, side=32), **how)
    np.testing.assert_array_equal(plain_square(file, 32), np.asarray(decode(file)).transpose(2, 0, 1))


def other_files(picture):
    rgb = picture(3, side=32)
    return {
        "another size": saved(picture(3, side=33)),
        "not square": saved(rgb.resize((32, 16))),
        "grey": saved(rgb.convert("L")),
        "palette": saved(rgb.convert("P")),
        "an alpha channel": saved(rgb.convert("RGBA")),
        "a transparent colour": saved(rgb, transparency=(0, 0, 0)),
        "a photograph": saved(rgb, "JPEG"),
        "nothing": b"",
    }


def test_every_other_file_is_left_to_pillow(picture):
    assert {name: plain_square(file, 32) for name, file in other_files(picture).items()} == dict.fromkeys(
        other_files(picture)
    )


def test_a_transparent_colour_lies_on_white():
    black = Image.new("RGB", (8, 8))
    assert decode(saved(black, transparency=(0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)

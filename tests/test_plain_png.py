"""The short way gives the pixels that the long way gives, and takes no other file."""

import numpy as np
import pytest

from components.decoding import decode
from components.plain_png import plain_square
from tests.test_decoding import saved


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

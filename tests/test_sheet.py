"""Contact sheets: a cell for each picture, and words that fit."""

import pytest
from PIL import Image

from components.sheet import INK, NOTE_PX, PAPER, contact_sheet


def test_every_picture_has_its_cell():
    red, blue = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    sheet = contact_sheet([("bolt", [red, blue]), ("a very long name of a part that does not fit at all", [red])])
    assert sheet.size == (150 + 2 * 70 + 6, 2 * 70 + 6)
    assert sheet.getpixel((150 + 32, 6 + 32)) == (255, 0, 0)
    assert sheet.getpixel((150 + 70 + 32, 6 + 32)) == (0, 0, 255)
    assert sheet.getpixel((150 + 70 + 32, 6 + 70 + 32)) == PAPER


def test_a_wide_picture_keeps_its_proportions():
    sheet = contact_sheet([("b", [Image.new("RGB", (128, 32), "red")])])
    assert sheet.getpixel((150 + 32, 6 + 32)) == (255, 0, 0)
    assert sheet.getpixel((150 + 32, 6 + 8)) == PAPER


@pytest.mark.parametrize(
    ("word", "noted"), [("bolt", False), ("Schraube M8 ø", False), ("六角ボルト", False), ("bolt مسمار", True)]
)
def test_a_last_line_says_that_signs_were_left_out(word, noted):
    sheet = contact_sheet([(word, [Image.new("RGB", (64, 64), "red")] * 4)])
    assert sheet.size[1] == 70 + 6 + NOTE_PX * noted
    last_line = sheet.crop((0, sheet.size[1] - NOTE_PX, *sheet.size)).getcolors()
    assert (INK in {colour for _, colour in last_line}) == noted

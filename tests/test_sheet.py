"""Contact sheets: a cell for each picture, and words that fit."""

from PIL import Image

from components.sheet import PAPER, contact_sheet


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


def test_words_that_the_font_lacks_do_not_break_the_sheet():
    assert contact_sheet([("六角ボルト", [])]).size[1] >= 64

"""Grids of pictures: each in its cell, and file names that any system can hold."""

import pytest
from PIL import Image

from components.retrieve.sprites import CELL_PX, COLUMNS, PAPER, sheet_name, sprite_grid


def test_each_picture_has_its_cell_in_reading_order():
    pictures = [Image.new("RGB", (20, 20), (number, 0, 0)) for number in range(COLUMNS + 2)]
    grid, cell_px, columns = sprite_grid(pictures)
    assert (grid.size, cell_px, columns) == ((COLUMNS * 20, 2 * 20), 20, COLUMNS)
    assert grid.getpixel((3 * 20 + 10, 10)) == (3, 0, 0)
    assert grid.getpixel((20 + 10, 20 + 10)) == (COLUMNS + 1, 0, 0)
    assert grid.getpixel((2 * 20 + 10, 20 + 10)) == PAPER


def test_large_pictures_shrink_small_ones_stay_and_proportions_are_kept():
    grid, cell_px, _ = sprite_grid([Image.new("RGB", (600, 300), "red"), Image.new("RGB", (10, 10), "blue")])
    assert cell_px == CELL_PX
    middle = CELL_PX // 2
    assert grid.getpixel((middle, middle)) == (255, 0, 0)
    assert grid.getpixel((middle, CELL_PX // 8)) == PAPER
    assert grid.getpixel((CELL_PX + middle, middle)) == (0, 0, 255)
    assert grid.getpixel((CELL_PX + middle, middle + 6)) == PAPER


@pytest.mark.parametrize(
    "picture",
    [Image.new("RGBA", (8, 8), (255, 0, 0, 0)), Image.new("L", (8, 8), 255), Image.new("1", (8, 8), 1)],
    ids=["transparent", "grey", "two-tone"],
)
def test_any_kind_of_picture_lies_on_white_paper(picture):
    assert sprite_grid([picture])[0].getpixel((4, 4)) == PAPER


def test_no_picture_is_an_empty_grid():
    assert sprite_grid([])[0].size == (1, 1)


@pytest.mark.parametrize(
    ("number", "label", "name"),
    [
        (7, "U-bolt", "007-u-bolt.png"),
        (12, "六角ボルト", "012.png"),
        (3, "../etc: a/b", "003-etc-a-b.png"),
        (1000, "x" * 99, f"1000-{'x' * 40}.png"),
    ],
)
def test_file_names(number, label, name):
    assert sheet_name(number, label) == name

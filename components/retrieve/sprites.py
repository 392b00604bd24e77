"""Many pictures in one: a grid of equal cells, so that a page loads one file a label and cuts it up."""

import math
import re
from collections.abc import Sequence

from PIL import Image

CELL_PX = 144
COLUMNS = 12
PAPER = (255, 255, 255)


def sprite_grid(pictures: Sequence[Image.Image]) -> tuple[Image.Image, int, int]:
    """All pictures in rows of cells, and the cell's side in pixels and the columns' number.

    Proportions are kept, nothing is enlarged, what is transparent shows white paper. Where all pictures are smaller
    than CELL_PX the cell is as large as the largest of them.
    """
    cell_px = min(CELL_PX, max((max(each.size) for each in pictures), default=1))
    columns = min(COLUMNS, max(1, len(pictures)))
    rows = max(1, math.ceil(len(pictures) / columns))
    grid = Image.new("RGB", (columns * cell_px, rows * cell_px), PAPER)
    for number, picture in enumerate(pictures):
        tile = picture.convert("RGBA")
        tile.thumbnail((cell_px, cell_px), Image.Resampling.BICUBIC)
        left = number % columns * cell_px + (cell_px - tile.width) // 2
        top = number // columns * cell_px + (cell_px - tile.height) // 2
        grid.paste(tile, (left, top), mask=tile)
    return grid, cell_px, columns


def sheet_name(number: int, label: str) -> str:
    """A label's file name: its number from 1, and what of its name any file system can hold."""
    slug = re.sub(r"[^a-z0-9]+", "-", label.casefold()).strip("-")[:40].strip("-")
    return f"{number:03d}-{slug}.png" if slug else f"{number:03d}.png"

"""Contact sheets: rows of pictures with their words."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from components.lettering import drawable, fitting, font, wrapped

INK, PAPER, RULE = (32, 38, 46), (255, 255, 255), (222, 226, 230)


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Image.Image]]], *, cell_px: int = 64, words_px: int = 150
) -> Image.Image:
    """A picture of rows, words on the left of each; every image is shown at `cell_px`, proportions kept, on white.

    Signs of a word that the font lacks are left out, and a last line then says so.
    """
    columns = max((len(images) for _, images in rows), default=0)
    gap = 6
    height = max(len(rows) * (cell_px + gap) + gap, cell_px)
    noted = any(drawable(word) != word for word, _ in rows)
    size = (words_px + columns * (cell_px + gap) + gap, height + NOTE_PX * noted)
    sheet = Image.new("RGB", size, PAPER)
    drawing = ImageDraw.Draw(sheet)
    if noted:
        note = fitting(NOTE, SIZE_PX, sheet.width - 3 * gap)
        drawing.text((gap * 2, height + NOTE_PX // 2), note, INK, font(SIZE_PX), anchor="lm")
    for number, (word, images) in enumerate(rows):
        top = gap + number * (cell_px + gap)
        drawing.line([(0, top - gap // 2), (sheet.width, top - gap // 2)], fill=RULE)
        shown = "\n".join(wrapped(word, SIZE_PX, words_px - 3 * gap, LINES))
        drawing.text((gap * 2, top + cell_px // 2), shown, INK, font(SIZE_PX), anchor="lm", spacing=2)
        for column, image in enumerate(images):
            tile = image.copy()
            tile.thumbnail((cell_px, cell_px), Image.Resampling.BICUBIC)
            left = words_px + column * (cell_px + gap)
            sheet.paste(tile, (left + (cell_px - tile.width) // 2, top + (cell_px - tile.height) // 2))
    return sheet


NOTE = "Left out: signs that this font lacks"
NOTE_PX = 22
SIZE_PX, LINES = 13, 3

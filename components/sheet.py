"""Contact sheets: rows of pictures with a word beside each row."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

INK, PAPER, RULE = (32, 38, 46), (255, 255, 255), (222, 226, 230)


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Image.Image]]], *, cell_px: int = 64, words_px: int = 150
) -> Image.Image:
    """A picture of labelled rows; every image is shown at `cell_px`, proportions kept, on white.

    Signs of a word that the built-in font lacks are left out, and a last line then says so.
    """
    columns = max((len(images) for _, images in rows), default=0)
    gap = 6
    height = max(len(rows) * (cell_px + gap) + gap, cell_px)
    noted = any(drawable(word) != word for word, _ in rows)
    size = (words_px + columns * (cell_px + gap) + gap, height + NOTE_PX * noted)
    sheet = Image.new("RGB", size, PAPER)
    drawing = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=13)
    if noted:
        note = _fitting(NOTE, font, sheet.width - 3 * gap)
        drawing.text((gap * 2, height + NOTE_PX // 2), note, INK, font, anchor="lm")
    for number, (word, images) in enumerate(rows):
        top = gap + number * (cell_px + gap)
        drawing.line([(0, top - gap // 2), (sheet.width, top - gap // 2)], fill=RULE)
        drawing.text((gap * 2, top + cell_px // 2), _fitting(word, font, words_px - 3 * gap), INK, font, anchor="lm")
        for column, image in enumerate(images):
            tile = image.copy()
            tile.thumbnail((cell_px, cell_px), Image.Resampling.BICUBIC)
            left = words_px + column * (cell_px + gap)
            sheet.paste(tile, (left + (cell_px - tile.width) // 2, top + (cell_px - tile.height) // 2))
    return sheet


NOTE = "Left out: signs that this font lacks"
NOTE_PX = 22


def drawable(word: str) -> str:
    """`word` without the signs that the built-in font lacks, such as Japanese ones."""
    return word.encode("latin-1", errors="ignore").decode("latin-1").strip()


def _fitting(word: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: int) -> str:
    """What can be drawn of `word`, shortened until it fits."""
    known = drawable(word) or "…"
    while font.getlength(known) > width_px and len(known) > 2:
        known = known[:-2] + "…" if not known.endswith("…") else known[:-2].rstrip() + "…"
    return known

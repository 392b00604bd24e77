"""Words in pictures: one font for Latin and Japanese script, and words cut or wrapped to the place they have."""

import re
from functools import lru_cache
from importlib.resources import files

from PIL import ImageFont

FONT = ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf")
"""Package and file: Noto Sans CJK JP (SIL Open Font License 1.1). Latin, Greek, Cyrillic, Chinese, Japanese, Korean."""
CUT = "…"
MISSING = "\U0010ffff"
"""No sign at all: the font draws it as it draws every sign it lacks."""
CJK, BOUND = r"\u3000-\u30ff\u3400-\u9fff\uff00-\uffef", "、。・，．」』）】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
PIECE = re.compile(rf"[{CJK}][{BOUND}]*\s*|[^\s{CJK}]+\s*|\s+")
"""What a line may end behind: a Japanese or Chinese sign with those that begin no line, or a word; and blanks."""


@lru_cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """The font at a size."""
    package, name = FONT
    return ImageFont.truetype(str(files(package) / name), size_px)


@lru_cache(maxsize=10_000)
def known(sign: str) -> bool:
    """Whether the font has this sign."""
    return sign.isspace() or bytes(font(13).getmask(sign)) != bytes(font(13).getmask(MISSING))


def drawable(word: str) -> str:
    """`word` without the signs that the font lacks, such as Arabic ones."""
    return "".join(sign for sign in word if known(sign)).strip()


def fitting(word: str, size_px: int, width_px: int) -> str:
    """What can be drawn of `word`, cut at its end until it fits; … if nothing can."""
    shown = drawable(word) or CUT
    if font(size_px).getlength(shown) <= width_px:
        return shown
    while len(shown) > 1 and font(size_px).getlength(shown.rstrip() + CUT) > width_px:
        shown = shown[:-1]
    return shown.rstrip() + CUT


def wrapped(text: str, size_px: int, width_px: int, lines: int) -> list[str]:
    """What can be drawn of `text` in at most so many lines, the last one cut if there is more."""
    found = [""]
    for piece in PIECE.findall(drawable(text)):
        if found[-1] and font(size_px).getlength((found[-1] + piece).rstrip()) > width_px:
            found.append(piece.lstrip())
        else:
            found[-1] += piece
    if len(found) > lines:
        found[lines - 1 :] = [fitting("".join(found[lines - 1 :]), size_px, width_px)]
    return [fitting(line, size_px, width_px) for line in found]

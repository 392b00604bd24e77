"""A picture of some compositions as the student will see them, with their joined captions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps

from components.composition import Axis, compose
from components.corpus import read_images
from components.sheet import INK, PAPER
from components.tokens import CONJUNCTIONS

TILE_PX, WORDS_PX, COLUMNS = 128, 66, 6


def preview(
    selection: pd.DataFrame, pairs: Sequence[tuple[int, int]], corpus: Path, axis: Axis, seed: int
) -> Image.Image:
    """The compositions of `pairs` (row numbers), numbered from 1 as in `caption_table`."""
    generator = torch.Generator().manual_seed(seed)
    rows = -(-max(1, len(pairs)) // COLUMNS)
    picture = Image.new("RGB", (COLUMNS * (TILE_PX + 12) + 12, rows * (TILE_PX + WORDS_PX) + 12), PAPER)
    for number, (first, second) in enumerate(pairs):
        left = 12 + number % COLUMNS * (TILE_PX + 12)
        top = 12 + number // COLUMNS * (TILE_PX + WORDS_PX)
        tensors = [_tensor(image) for image in read_images(corpus, selection.iloc[[first, second]])]
        tile_CHW = compose(tensors[0][None], tensors[1][None], axis, generator)[0]
        picture.paste(Image.fromarray(tile_CHW.permute(1, 2, 0).numpy()), (left, top))
        caption = caption_of(selection.iloc[first], selection.iloc[second])
        _write_caption(picture, number + 1, caption, left, top + TILE_PX + 4)
    return picture


def caption_table(selection: pd.DataFrame, pairs: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """The joined captions of the preview, in every script: number, first and second image, caption."""
    captions = [caption_of(selection.iloc[first], selection.iloc[second]) for first, second in pairs]
    columns = {"first_id": [first for first, _ in pairs], "second_id": [second for _, second in pairs]}
    named = {name: [str(selection["id"].iloc[row]) for row in rows] for name, rows in columns.items()}
    return pd.DataFrame({"number": range(1, len(pairs) + 1), **named, "caption": captions})


def sample_pairs(plan: pd.DataFrame, count: int, seed: int) -> list[tuple[int, int]]:
    """Up to `count` pairs of row numbers that the plan allows, drawn with `seed`."""
    eligible = np.flatnonzero(plan["may_compose"])
    group = plan["group"].to_numpy()
    shuffled = np.random.default_rng(seed).permutation(eligible)
    half = len(shuffled) // 2
    pairs = zip(shuffled[:half], shuffled[half : 2 * half], strict=True)
    return [(int(first), int(second)) for first, second in pairs if group[first] != group[second]][:count]


def caption_of(first: pd.Series, second: pd.Series) -> str:
    """The joined caption, in words."""
    return f"{first['caption']} {CONJUNCTIONS.get(first['language'], CONJUNCTIONS['en'])} {second['caption']}"


def _tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(ImageOps.pad(image, (TILE_PX, TILE_PX), color=PAPER))).permute(2, 0, 1)


def _write_caption(picture: Image.Image, number: int, caption: str, left: int, top: int) -> None:
    """The number and the caption under a tile, wrapped; the built-in font knows Latin script alone."""
    font = ImageFont.load_default(size=11)
    shown = f"{number}. {caption}" if caption.isascii() else f"{number}. not in Latin script: preview.csv"
    lines = [""]
    for word in shown.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if font.getlength(longer) <= TILE_PX else [*lines, word]
    ImageDraw.Draw(picture).multiline_text((left, top), "\n".join(lines[:4]), INK, font, spacing=3)

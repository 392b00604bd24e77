"""A picture of some compositions as the student will see them, with their captions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageDraw, ImageOps

from components.composition import Kind, compose, joins_captions, shows_partner
from components.corpus import read_images
from components.lettering import drawable, font, wrapped
from components.meetings import Composition, Meetings, draw_meetings
from components.sheet import INK, PAPER
from components.tokens import CONJUNCTIONS

TILE_PX, WORDS_PX, COLUMNS = 128, 76, 6
SIZE_PX, LINES = 11, 4


def preview(selection: pd.DataFrame, met: Meetings, composition: Composition, corpus: Path, seed: int) -> Image.Image:
    """The compositions of `met`, numbered from 1 as in `caption_table`."""
    generator = torch.Generator().manual_seed(seed)
    rows = -(-max(1, len(met.first_W)) // COLUMNS)
    picture = Image.new("RGB", (COLUMNS * (TILE_PX + 12) + 12, rows * (TILE_PX + WORDS_PX) + 12), PAPER)
    for number, (first, partner, speaker) in enumerate(rows_of(met)):
        left = 12 + number % COLUMNS * (TILE_PX + 12)
        top = 12 + number // COLUMNS * (TILE_PX + WORDS_PX)
        tensors = [_tensor(image) for image in read_images(corpus, selection.iloc[[first, partner]])]
        tile_CHW = tensors[0]
        if shows_partner(composition.kind):
            tile_CHW = compose(tensors[0][None], tensors[1][None], composition.axis, generator)[0]
        picture.paste(Image.fromarray(tile_CHW.permute(1, 2, 0).numpy()), (left, top))
        caption = caption_of(selection.iloc[first], selection.iloc[speaker], composition.kind)
        _write_caption(picture, number + 1, caption, left, top + TILE_PX + 4)
    return picture


def caption_table(selection: pd.DataFrame, met: Meetings, kind: Kind) -> pd.DataFrame:
    """The captions of the preview, in every script: number, whose picture is first and second, whose words second."""
    ids = selection["id"].to_numpy()
    lines = [
        {
            "number": number,
            "first_id": ids[first],
            "second_id": ids[partner],
            "second_caption_id": ids[speaker] if joins_captions(kind) else "",
            "caption": caption_of(selection.iloc[first], selection.iloc[speaker], kind),
        }
        for number, (first, partner, speaker) in enumerate(rows_of(met), start=1)
    ]
    return pd.DataFrame(lines, columns=["number", "first_id", "second_id", "second_caption_id", "caption"])


def sample_meetings(composition: Composition, count: int, seed: int) -> Meetings:
    """Up to `count` compositions that the plan allows, drawn with `seed` as `train` draws them."""
    generator = torch.Generator().manual_seed(seed)
    pool_M = composition.pool_M
    shuffled = pool_M[torch.randperm(len(pool_M), generator=generator)]
    firsts = shuffled[: min(count, max(1, len(pool_M) // 2))]  # the others are left to meet
    return draw_meetings(replace(composition, rate=1.0), firsts, generator)


def rows_of(met: Meetings) -> Iterator[tuple[int, int, int]]:
    """First, partner and speaker of each composition."""
    return zip(met.first_W.tolist(), met.partner_W.tolist(), met.speaker_W.tolist(), strict=True)


def caption_of(first: pd.Series, speaker: pd.Series, kind: Kind = "clip_c") -> str:
    """The composition's caption, in words."""
    if not joins_captions(kind):
        return str(first["caption"])
    return f"{first['caption']} {CONJUNCTIONS.get(first['language'], CONJUNCTIONS['en'])} {speaker['caption']}"


def _tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(ImageOps.pad(image, (TILE_PX, TILE_PX), color=PAPER))).permute(2, 0, 1)


def _write_caption(picture: Image.Image, number: int, caption: str, left: int, top: int) -> None:
    """The number and the caption under a tile; one with signs that the font lacks is to be read in the table."""
    shown = caption if drawable(caption) == caption.strip() else f"(see preview.csv) {drawable(caption)}"
    lines = wrapped(f"{number}. {shown}", SIZE_PX, TILE_PX, LINES)
    ImageDraw.Draw(picture).multiline_text((left, top), "\n".join(lines), INK, font(SIZE_PX), spacing=2)

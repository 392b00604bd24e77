"""The preview shows what a kind of composition makes, in pictures and in words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from components.compose import preview as previews
from components.compose.plan import make_plan
from components.compose.preview import TILE_PX, caption_of, caption_table, preview, sample_meetings
from components.meetings import Composition, Meetings

MET = Meetings(*(torch.tensor([row]) for row in (0, 0, 1, 2)))


def test_samples_keep_to_the_plan(many, settings):
    plan = make_plan(many(60), None, settings({"rules.across_labels": True}))
    met = sample_meetings(plan.composition, count=10, seed=1)
    label = many(60)["label"].to_numpy()
    assert len(met.first_W) == 10
    assert (label[met.first_W] != label[met.partner_W]).all()


@pytest.mark.parametrize(
    ("kind", "caption", "second"),
    [
        ("clip_c", "red and green", "g"),
        ("fixed_partners", "red and green", "g"),
        ("caption_fusion", "red and green", "g"),
        ("mismatched_second_caption", "red and blue", "b"),
        ("cutmix_one_caption", "red", ""),
    ],
)
def test_each_kind_in_pictures_and_words(kind, caption, second, monkeypatch):
    colours = {"r": (255, 0, 0), "g": (0, 255, 0), "b": (0, 0, 255)}
    selection = pd.DataFrame({"id": list(colours), "caption": ["red", "green", "blue"], "language": "en"})
    tiles = {name: Image.new("RGB", (4, 4), colour) for name, colour in colours.items()}
    monkeypatch.setattr(previews, "read_images", lambda _, rows: [tiles[name] for name in rows["id"]])
    met = MET if kind == "mismatched_second_caption" else replace(MET, speaker_W=MET.partner_W)
    composition = Composition(1.0, "width", torch.arange(3), torch.arange(3), kind=kind)
    picture = np.asarray(preview(selection, met, composition, None, seed=0))[12 : 12 + TILE_PX, 12 : 12 + TILE_PX]
    right = colours["r"] if kind == "caption_fusion" else colours["g"]
    assert picture[5, 5].tolist() == list(colours["r"]) and picture[5, -5].tolist() == list(right)
    assert caption_table(selection, met, kind).to_numpy().tolist() == [[1, "r", "g", second, caption]]


def test_the_conjunction_is_in_the_first_captions_language(four):
    assert caption_of(four.iloc[0], four.iloc[2]) == "a bolt and ナット"
    assert caption_of(four.iloc[2], four.iloc[0]) == "ナット と a bolt"


def test_a_caption_that_cannot_be_drawn_whole_says_where_it_stands(monkeypatch):
    written = []
    monkeypatch.setattr(previews, "wrapped", lambda text, *place: written.append(text) or [text])
    picture = Image.new("RGB", (64, 64))
    for caption in ("六角ボルト", "bolt مسمار"):
        previews._write_caption(picture, 1, caption, 0, 0)
    assert written == ["1. 六角ボルト", "1. (see preview.csv) bolt"]

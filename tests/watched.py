"""A project with a small true student, what it learned from, and two folders of recent images."""

import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from PIL import Image

from components import clip as clips
from components.corpus import ShardWriter
from components.outputs import write_json

IMAGES = 30


def make_student(root: Path, picture: Callable[[int], Image.Image]) -> None:
    """Fill `root` with data/ and the folders `same` (bright pictures, as learned from) and `inverted` (dark ones)."""
    model, retrieve, corpus = (root / "data" / name for name in ("train", "retrieve", "collect/corpus"))
    for folder in (model, retrieve, corpus, root / "same", root / "inverted"):
        folder.mkdir(parents=True)
    clips.save(clips.scratch(embed_dim=16, image_px=32, seed=1), model)
    labels = {"labels": [{"name": "bolt", "names": ["bolt"]}], "templates": ["a {}"]}
    write_json(labels, retrieve / "labels.json")
    shards, rows = ShardWriter(corpus, images_per_shard=20), []
    for number in range(IMAGES):
        png = io.BytesIO()
        bright(picture(number)).save(png, "png")
        shard, offset = shards.add(f"{number}.png", png.getvalue())
        rows.append({"shard": shard, "offset": offset, "bytes": len(png.getvalue())})
        other = bright(picture(100 + number))
        other.save(root / "same" / f"{number}.png")
        Image.eval(other, lambda value: 255 - value).save(root / "inverted" / f"{number}.png")
    shards.close()
    pd.DataFrame(rows).to_parquet(retrieve / "selection.parquet")


def bright(image: Image.Image) -> Image.Image:
    """The same with values from 170 up."""
    return Image.eval(image, lambda value: 170 + value // 3)

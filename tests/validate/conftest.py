"""Small canonical corpora for the tests of `validate`."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from components.corpus import MANIFEST, CorpusWriter, fingerprints, read_manifest
from components.params import load_section
from components.validate.params import ValidateParams

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def params() -> ValidateParams:
    """The shipped settings."""
    return load_section("validate", ValidateParams, ROOT / "params.yaml")


def encoded(image: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    """An image as a file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


@pytest.fixture
def picture():
    """A drawing of 64 × 64 that its number fixes: eight coloured boxes on white."""

    def draw(number: int) -> Image.Image:
        rng = np.random.default_rng(number)
        pixels = np.full((64, 64, 3), 255, dtype=np.uint8)
        for _ in range(8):
            top, left, height, width = rng.integers(0, 40, 2).tolist() + rng.integers(8, 32, 2).tolist()
            pixels[top : top + height, left : left + width] = rng.integers(0, 256, 3)
        return Image.fromarray(pixels)

    return draw


@pytest.fixture
def corpus(tmp_path):
    """Write records as a canonical corpus; what a record does not say is sound."""

    def write(name: str, records: list[dict], *, learning: bool = True) -> tuple[Path, pd.DataFrame]:
        folder = tmp_path / name
        folder.mkdir()
        with CorpusWriter(folder, images_per_shard=100) as writer:
            for number, record in enumerate(records):
                image_bytes = record["image"]
                sound = {
                    "id": f"{name}/{number}", "caption": "a part", "language": "en", "source": name, "url": "",
                    "licence": "CC0-1.0", "author": "", "label": "", "domain": "", "split": "",
                }  # fmt: skip
                said = {key: value for key, value in record.items() if key != "image"}
                writer.add({**sound, **fingerprints(image_bytes), **said}, image_bytes, "png")
        return folder, read_manifest(folder / MANIFEST, learning=learning)

    return write

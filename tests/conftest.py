"""What several tests share: seeded unit vectors and small true pictures; and the order of the files."""

import numpy as np
import pytest
from PIL import Image


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that the processes end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def unit_rows():
    """A maker of random unit vectors, float32 [rows, width]."""

    def make(rows: int, width: int, *, seed: int) -> np.ndarray:
        vectors = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return make


@pytest.fixture
def picture():
    """A maker of small pictures with some structure, RGB, `side` pixels."""

    def make(seed: int, side: int = 64) -> Image.Image:
        coarse = np.random.default_rng(seed).integers(0, 256, size=(4, 4, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)

    return make

"""Images decoded once, kept as bytes outside the heap, ready for batches.

Shape legend: N = images, H, W = pixels. Pixels are uint8, three channels.
"""

import tempfile
from collections.abc import Iterable

import numpy as np
from PIL import Image

from components.clip import Clip
from components.outputs import reserve
from components.progress import progress


def pixel_table(images: Iterable[Image.Image], count: int, clip: Clip) -> np.memmap:
    """All images as the model sees them, uint8 [N, 3, H, W], in a nameless temporary file that can be paged out."""
    side = clip.image_px
    shape = (count, 3, side, side)
    with tempfile.TemporaryFile() as file:
        reserve(file, int(np.prod(shape)))
        table = np.memmap(file, dtype=np.uint8, shape=shape)
    for row, image in enumerate(progress(images, what="decode images", total=count, unit="images")):
        table[row] = clip.to_pixels(image)
    return table

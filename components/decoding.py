"""From an image file's bytes to its pixels."""

import io

from PIL import Image


def decode(image_bytes: bytes) -> Image.Image:
    """An RGB image from a file's bytes, transparency laid on white as paper would show it.

    Raises:
        OSError, ValueError, SyntaxError: the bytes are no whole image (Pillow's own exceptions).
    """
    image = Image.open(io.BytesIO(image_bytes))
    image.load()
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")

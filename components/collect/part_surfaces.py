"""Surfaces that parts lie on: wood, concrete, cloth, metal, card and a cluttered bench, as pictures [S, S, 3]."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Rng = np.random.Generator
Picture = NDArray[np.floating[Any]]


def cloud(rng: Rng, size_px: int, cells: tuple[int, int]) -> Picture:
    """Smooth noise of about unit variance, with so many bumps across and down: [size_px, size_px]."""
    grid = rng.standard_normal((cells[1] + 1, cells[0] + 1)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize((size_px, size_px), Image.Resampling.BICUBIC))


def grain(rng: Rng, size_px: int) -> Picture:
    """White noise of unit variance: [size_px, size_px]."""
    return rng.standard_normal((size_px, size_px), dtype=np.float32)


def tinted(plane_SS: Picture, colour: tuple[float, float, float]) -> Picture:
    """A grey plane in a colour."""
    return plane_SS[..., None] * np.array(colour, dtype=np.float32)


def wood(rng: Rng, size_px: int) -> Picture:
    """Boards with wavy growth rings."""
    across = np.linspace(0, rng.uniform(5, 11), size_px, dtype=np.float32)[:, None]
    rings = np.sin(across * 6.3 + cloud(rng, size_px, (2, 4)) * 1.6)
    plane = 1 + 0.1 * rings + 0.06 * cloud(rng, size_px, (4, size_px // 2))
    seam = int(rng.integers(0, size_px))
    plane[seam : seam + 1] *= 0.55
    colour = [(0.62, 0.44, 0.28), (0.74, 0.6, 0.42), (0.42, 0.29, 0.2), (0.66, 0.55, 0.45)][int(rng.integers(4))]
    picture = tinted(plane, colour)
    return np.ascontiguousarray(picture.transpose(1, 0, 2)) if rng.random() < 0.5 else picture


def concrete(rng: Rng, size_px: int) -> Picture:
    """Grey stone with stains and pores."""
    plane = 1 + 0.08 * cloud(rng, size_px, (4, 4)) + 0.05 * cloud(rng, size_px, (14, 14)) + 0.04 * grain(rng, size_px)
    plane *= 1 - 0.35 * (cloud(rng, size_px, (26, 26)) > 2.2)
    level = rng.uniform(0.42, 0.72)
    return tinted(plane, (level, level * 0.98, level * 0.94))


def cloth(rng: Rng, size_px: int) -> Picture:
    """A woven rag with folds."""
    place = np.arange(size_px, dtype=np.float32)
    weave = np.sin(place * 2.1)[:, None] * np.sin(place * 2.1)[None]
    plane = 1 + 0.07 * weave + 0.13 * cloud(rng, size_px, (3, 3)) + 0.03 * grain(rng, size_px)
    colours = [(0.25, 0.33, 0.5), (0.55, 0.2, 0.2), (0.75, 0.73, 0.68), (0.24, 0.4, 0.33), (0.6, 0.56, 0.48)]
    return tinted(plane, colours[int(rng.integers(5))])


def metal(rng: Rng, size_px: int) -> Picture:
    """A brushed and scratched plate."""
    plane = 1 + 0.05 * cloud(rng, size_px, (3, size_px // 2)) + 0.07 * cloud(rng, size_px, (3, 2))
    picture = Image.fromarray((plane * 128).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for x0, y0, x1, y1 in rng.uniform(0, size_px, (int(rng.integers(2, 7)), 4)).tolist():
        pen.line((x0, y0, x0 + (x1 - x0) * 0.5, y0 + (y1 - y0) * 0.3), fill=int(120 + 50 * (x1 > y1)))
    level = rng.uniform(0.3, 0.68)
    return tinted(np.asarray(picture, dtype=np.float32) / 128, (level, level * 1.01, level * 1.04))


def card(rng: Rng, size_px: int) -> Picture:
    """Plain paper or card."""
    plane = 1 + 0.03 * cloud(rng, size_px, (3, 3)) + 0.02 * grain(rng, size_px)
    colours = [(0.82, 0.8, 0.75), (0.7, 0.58, 0.42), (0.2, 0.21, 0.23), (0.45, 0.6, 0.55), (0.86, 0.86, 0.88)]
    return tinted(plane, colours[int(rng.integers(5))])


def bench(rng: Rng, size_px: int) -> Picture:
    """A bench with other things on it, out of focus."""
    base = (concrete, wood, metal)[int(rng.integers(3))](rng, size_px)
    picture = Image.fromarray((base * 255).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(3, 7))):
        x, y = rng.uniform(-0.1, 1.1, 2) * size_px
        long, wide, angle = rng.uniform(0.1, 0.5) * size_px, rng.uniform(0.05, 0.2) * size_px, rng.uniform(0, np.pi)
        colour = tuple(int(value) for value in rng.uniform(30, 190) * rng.uniform(0.7, 1.2, 3))
        if rng.random() < 0.4:
            pen.ellipse((x - wide, y - wide, x + wide, y + wide), fill=colour)
            continue
        along, over = np.array([np.cos(angle), np.sin(angle)]) * long, np.array([-np.sin(angle), np.cos(angle)]) * wide
        corners = [along + over, along - over, -along - over, -along + over]
        pen.polygon([(x + float(c[0]) / 2, y + float(c[1]) / 2) for c in corners], fill=colour)
    blurred = picture.filter(ImageFilter.BoxBlur(size_px / 32))
    return np.asarray(blurred, dtype=np.float32) / 255


SURFACES: tuple[Callable[[Rng, int], Picture], ...] = (wood, concrete, cloth, metal, card, bench, bench)


def surface(rng: Rng, size_px: int) -> Picture:
    """One of the surfaces, values about 0..1."""
    return SURFACES[int(rng.integers(len(SURFACES)))](rng, size_px)

"""From a flat scene to picture layers: coverage, tone, second material, depth and lines, each [S, S] in 0..1.

Shape legend: S = picture side in pixels, B = side of the finer grid on which polygons are filled, F = polygons.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from components.collect.part_scene import VOID, Scene

FINER = 3
DEPTH_JUMP = 0.16
Layer = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What the styles paint with."""

    cover_SS: Layer
    """Share of the pixel that the part covers."""
    tone_SS: Layer
    """Mean tone of the covered share."""
    accent_SS: Layer
    """Share of the covered part that is of the second material."""
    depth_SS: Layer
    """0 (far or empty) to 1 (near)."""
    line_SS: Layer
    """Strength of outlines and creases."""
    ink_BB: NDArray[np.bool_]
    """The lines on the finer grid, one pixel wide."""
    tone_BB: Layer
    """The tone on the finer grid, 1 where nothing is covered."""


def rasterise(scene: Scene, *, size_px: int, line_width: int = 3) -> Layers:
    """Fill the scene's polygons from far to near; `line_width` is in finer pixels (`FINER` per pixel)."""
    face_BB = _face_numbers(scene, size_px * FINER)
    group_BB = np.append(scene.group_F, VOID)[face_BB]
    inside = group_BB != VOID
    tone_BB = np.append(scene.tone_F, 0).astype(np.float32)[face_BB] * inside
    depth_BB = np.append(np.minimum(scene.depth_F, 1), 0).astype(np.float32)[face_BB]
    ink_BB = _changes(group_BB, depth_BB)
    cover = _shrink(inside)
    tone = _shrink(tone_BB) / np.maximum(cover, 1e-3)
    accent = np.zeros_like(cover)
    if scene.accent_F.any():
        accent = _shrink(np.append(scene.accent_F, False)[face_BB] & inside) / np.maximum(cover, 1e-3)
    return Layers(
        cover_SS=cover,
        tone_SS=np.minimum(tone, 1),
        accent_SS=np.minimum(accent, 1),
        depth_SS=_shrink(depth_BB * inside),
        line_SS=_shrink(thicken(ink_BB, line_width)),
        ink_BB=ink_BB,
        tone_BB=np.where(inside, tone_BB, np.float32(1)),
    )


def _face_numbers(scene: Scene, side: int) -> NDArray[np.int32]:
    """For each fine pixel the number of the nearest polygon; the last number + 1 where there is none."""
    count = len(scene.tone_F)
    picture = Image.new("I", (side, side), count)
    polygon = ImageDraw.Draw(picture).polygon
    flat = (scene.points_P2 * side).ravel().tolist()
    bounds = (scene.start_F * 2).tolist()
    for number in range(count):
        polygon(flat[bounds[number] : bounds[number + 1]], fill=number)
    return np.asarray(picture)


def _changes(group_BB: NDArray[np.int64], depth_BB: Layer) -> NDArray[np.bool_]:
    """True beside a boundary between surfaces, or where one surface passes in front of itself."""
    ink = np.zeros(group_BB.shape, dtype=bool)
    ink[:, 1:] = group_BB[:, 1:] != group_BB[:, :-1]
    ink[1:] |= group_BB[1:] != group_BB[:-1]
    ink[:, 1:] |= np.abs(depth_BB[:, 1:] - depth_BB[:, :-1]) > DEPTH_JUMP
    ink[1:] |= np.abs(depth_BB[1:] - depth_BB[:-1]) > DEPTH_JUMP
    return ink


def thicken(ink_BB: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Lines of `width` pixels from lines of one."""
    thick = ink_BB.copy()
    for step in range(1, width):
        away = (step + 1) // 2 * (1 if step % 2 else -1)
        thick |= np.roll(ink_BB, away, axis=0) | np.roll(ink_BB, away, axis=1)
    return thick


def _shrink(plane_BB: NDArray[np.bool_] | Layer) -> Layer:
    """Means of `FINER` x `FINER` pixels, in 0..1."""
    if plane_BB.dtype == bool:
        fine = Image.fromarray(plane_BB.view(np.uint8) * np.uint8(255))
    else:
        fine = Image.fromarray((plane_BB * 255).astype(np.uint8))
    return np.asarray(fine.reduce(FINER), dtype=np.float32) / 255

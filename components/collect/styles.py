"""Six ways to paint a part: catalogue render, photo, pencil, line drawing, blueprint and thermal image.

Shape legend: S = picture side in pixels, B = side of the finer grid, 3 = red, green, blue in 0..1.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from components.collect.part_raster import FINER, Layer, Layers, rasterise, thicken
from components.collect.part_scene import Scene
from components.collect.part_surfaces import cloud, grain, surface
from components.collect.parts import Part

Rng = np.random.Generator
Picture = NDArray[np.floating[Any]]

METALS = {
    "zinc": (0.74, 0.77, 0.81),
    "stainless": (0.70, 0.70, 0.71),
    "black oxide": (0.25, 0.25, 0.27),
    "brass": (0.82, 0.66, 0.30),
    "yellow zinc": (0.78, 0.70, 0.42),
    "copper": (0.77, 0.46, 0.31),
    "aluminium": (0.83, 0.84, 0.86),
    "cast iron": (0.43, 0.44, 0.46),
    "nickel": (0.77, 0.74, 0.68),
    "blued": (0.28, 0.34, 0.47),
    "steel": (0.62, 0.63, 0.65),
    "galvanised": (0.66, 0.69, 0.70),
    "bronze": (0.66, 0.50, 0.28),
}
ACCENTS = ((0.16, 0.16, 0.17), (0.72, 0.16, 0.12), (0.14, 0.30, 0.62), (0.85, 0.45, 0.08), (0.16, 0.45, 0.26))
IRON = ((0.03, 0.0, 0.1), (0.28, 0.02, 0.5), (0.72, 0.1, 0.42), (0.95, 0.45, 0.08), (1.0, 0.82, 0.2), (1.0, 1.0, 0.88))
RAINBOW = ((0.02, 0.02, 0.3), (0.0, 0.25, 0.8), (0.0, 0.75, 0.7), (0.4, 0.9, 0.2), (0.98, 0.85, 0.1), (0.9, 0.12, 0.05))
LAVA = (
    (0.02, 0.06, 0.12),
    (0.05, 0.22, 0.42),
    (0.42, 0.12, 0.45),
    (0.86, 0.22, 0.2),
    (0.99, 0.66, 0.15),
    (1.0, 0.98, 0.8),
)


def draw(part: Part, *, style: str, size_px: int, rng: Rng) -> Image.Image:
    """The part as an RGB picture of `size_px` squared, in one of `STYLES`."""
    picture = STYLES[style](part, size_px, rng)
    return Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def render(part: Part, size_px: int, rng: Rng) -> Picture:
    """A catalogue picture: clean light ground, soft shadow."""
    layers = rasterise(part.scene, size_px=size_px)
    top, bottom = rng.uniform(0.93, 1.0), rng.uniform(0.84, 0.97)
    tint = np.array([1, 1, 1]) + rng.normal(0, 0.006, 3)
    ground = np.linspace(top, bottom, size_px, dtype=np.float32)[:, None, None] * np.ones((1, size_px, 1)) * tint
    ground *= 1 - rng.uniform(0.2, 0.42) * shadow(layers.cover_SS, offset=(0.03, 0.05), blur=0.035)[..., None]
    return over(ground, metal_colour(part, layers, rng), layers.cover_SS)


def photo(part: Part, size_px: int, rng: Rng) -> Picture:
    """A snapshot: a real surface, uneven light, a colour cast, blur and noise."""
    layers = rasterise(part.scene, size_px=size_px)
    offset = (rng.uniform(-0.07, 0.07), rng.uniform(0.02, 0.08))
    paint = metal_colour(part, layers, rng) * rng.uniform(0.85, 1.1)
    ground = set_off(surface(rng, size_px) * rng.uniform(0.8, 1.15), paint, layers.cover_SS)
    ground *= (
        1 - rng.uniform(0.45, 0.7) * shadow(layers.cover_SS, offset=offset, blur=rng.uniform(0.015, 0.05))[..., None]
    )
    picture = over(ground, paint, layers.cover_SS)
    ramp = np.linspace(-1, 1, size_px, dtype=np.float32)
    slope = rng.normal(0, 0.13, 2)
    light = 1 + slope[0] * ramp[:, None] + slope[1] * ramp[None]
    light = light - rng.uniform(0, 0.13) * (ramp[:, None] ** 2 + ramp[None] ** 2)
    cast = 1 + rng.normal(0, 0.06) * np.array([1, 0.1, -1]) + rng.normal(0, 0.02, 3)
    picture = blurred(picture * light[..., None] * cast, rng.uniform(0.0, 0.75) * size_px / 64)
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * rng.uniform(0.008, 0.03)
    return picture + noise


def pencil(part: Part, size_px: int, rng: Rng) -> Picture:
    """A sketch: wobbling doubled strokes and hatching on paper."""
    layers = rasterise(wobbled(part.scene, rng), size_px=size_px, line_width=2)
    side = size_px * FINER
    second = np.roll(layers.ink_BB, (int(rng.integers(-2, 3)), int(rng.integers(1, 4))), axis=(0, 1))
    strokes = np.maximum(thicken(layers.ink_BB, 3) * np.float32(1.0), thicken(second, 2) * np.float32(0.6))
    hatch = hatching(layers.tone_BB, rng)
    pressure = np.clip(0.82 + 0.22 * cloud(rng, side, (9, 9)), 0.35, 1)
    marks = np.maximum(strokes, hatch * 0.62) * pressure * rng.uniform(0.75, 0.95)
    dark = np.asarray(Image.fromarray(marks.astype(np.float32)).reduce(FINER))
    dark = dark + layers.cover_SS * (1 - layers.tone_SS) * 0.16
    tooth = 1 + 0.16 * grain(rng, size_px)
    warm = np.array([1.0, 0.985, 0.95]) if rng.random() < 0.7 else np.array([0.93, 0.93, 0.93])
    paper = (
        rng.uniform(0.92, 0.99)
        * warm
        * (1 + 0.013 * grain(rng, size_px) + 0.012 * cloud(rng, size_px, (3, 3)))[..., None]
    )
    lead = np.array([0.2, 0.2, 0.22]) if rng.random() < 0.8 else np.array([0.24, 0.17, 0.13])
    return over(paper, np.broadcast_to(lead, paper.shape), np.clip(dark * tooth, 0, 0.96))


def line(part: Part, size_px: int, rng: Rng) -> Picture:
    """A crisp drawing in black on white."""
    layers = rasterise(part.scene, size_px=size_px, line_width=int(rng.choice([3, 3, 4])))
    ink = np.minimum(layers.line_SS * 1.25, 1)
    if rng.random() < 0.3:
        ink = np.maximum(ink, 0.16 * layers.cover_SS * (layers.tone_SS < 0.45))
    paper = np.full((size_px, size_px, 3), rng.uniform(0.98, 1.0), dtype=np.float32)
    black = np.array([0.05, 0.05, rng.uniform(0.05, 0.16)])
    return over(paper, np.broadcast_to(black, paper.shape), ink)


def blueprint(part: Part, size_px: int, rng: Rng) -> Picture:
    """Pale lines on blue squared paper, sometimes with centre and dimension lines."""
    layers = rasterise(part.scene, size_px=size_px, line_width=3)
    blue = np.array([0.07, 0.23, 0.47]) * rng.uniform(0.8, 1.25) + rng.normal(0, 0.015, 3)
    paper = blue * (1 + 0.05 * cloud(rng, size_px, (4, 4)) + 0.012 * grain(rng, size_px))[..., None]
    pitch = int(rng.choice([6, 8, 10])) * size_px // 64
    start = int(rng.integers(pitch))
    rule = np.zeros((size_px, size_px), dtype=np.float32)
    rule[start::pitch] = rule[:, start::pitch] = rng.uniform(0.08, 0.17)
    rule *= 1 - 0.7 * layers.cover_SS
    pale = np.array([0.88, 0.94, 1.0])
    ink = np.maximum(rule, np.minimum(layers.line_SS * rng.uniform(1.0, 1.3), 0.97))
    ink = np.maximum(ink, rng.uniform(0, 0.16) * layers.cover_SS * layers.tone_SS)
    if rng.random() < 0.6:
        ink = np.maximum(ink, drafting_marks(layers.cover_SS, size_px))
    return over(paper, np.broadcast_to(pale, paper.shape), ink)


def thermal(part: Part, size_px: int, rng: Rng) -> Picture:
    """A false-colour heat image: a warm part with a hot spot before a cool ground."""
    layers = rasterise(part.scene, size_px=size_px, line_width=2)
    place = np.linspace(0, 1, size_px, dtype=np.float32)
    x, y = rng.uniform(0.15, 0.85, 2)
    spot = np.exp(-((place[:, None] - y) ** 2 + (place[None] - x) ** 2) / rng.uniform(0.05, 0.2))
    near = layers.depth_SS / max(float(layers.depth_SS.max()), 0.1)
    warm = rng.uniform(0.3, 0.42) + 0.34 * layers.tone_SS + 0.12 * near + rng.uniform(0.1, 0.34) * spot
    warm = warm - 0.2 * layers.line_SS
    cool = rng.uniform(0.06, 0.2) + 0.035 * cloud(rng, size_px, (3, 3)) + rng.normal(0, 0.05) * place[:, None]
    glow = shadow(layers.cover_SS, offset=(0.0, 0.0), blur=0.05)
    heat = (cool + rng.uniform(0.05, 0.14) * glow) * (1 - layers.cover_SS) + warm * layers.cover_SS
    heat = blurred_plane(heat, 0.5 * size_px / 64)
    heat = heat + grain(rng, size_px) * 0.008
    return palette_colour(heat, (IRON, IRON, RAINBOW, LAVA)[int(rng.integers(4))])


STYLES: dict[str, Callable[[Part, int, Rng], Picture]] = {
    "render": render,
    "photo": photo,
    "pencil": pencil,
    "line": line,
    "blueprint": blueprint,
    "thermal": thermal,
}


def over(ground_SS3: Picture, paint_SS3: Picture, cover_SS: Layer) -> Picture:
    """Paint laid over the ground where it covers."""
    laid: Picture = ground_SS3 + (paint_SS3 - ground_SS3) * cover_SS[..., None]
    return laid


def metal_colour(part: Part, layers: Layers, rng: Rng) -> Picture:
    """The part's own colour: from its shadow, through the metal, to a white highlight."""
    base = np.array(METALS[part.material]) * (1 + rng.normal(0, 0.03, 3))
    accent = np.array(ACCENTS[int(rng.integers(len(ACCENTS)))])
    tone = layers.tone_SS[..., None]
    colour = base + (accent - base) * layers.accent_SS[..., None]
    body = colour * np.minimum(0.1 + 1.5 * tone, 1)
    shine = np.clip((tone - 0.6) / 0.4, 0, 1) * (0.75 - 0.4 * layers.accent_SS[..., None])
    shiny: Picture = (body + (1 - body) * shine) * (1 - 0.42 * layers.line_SS[..., None])
    return shiny


def set_off(ground_SS3: Picture, paint_SS3: Picture, cover_SS: Layer) -> Picture:
    """The ground made darker or lighter where the part would not stand out from it."""
    part = float((paint_SS3.mean(axis=2) * cover_SS).sum() / max(float(cover_SS.sum()), 1.0))
    level = float(ground_SS3.mean())
    if abs(part - level) > 0.16:
        return ground_SS3
    wanted = part + 0.22 if part < 0.42 else part - 0.22
    return ground_SS3 * (wanted / level)


def shadow(cover_SS: Layer, *, offset: tuple[float, float], blur: float) -> Layer:
    """The part's soft shadow; offset and blur are shares of the picture side."""
    size_px = len(cover_SS)
    moved = np.roll(cover_SS, (round(offset[1] * size_px), round(offset[0] * size_px)), axis=(0, 1))
    return blurred_plane(moved, blur * size_px)


def blurred_plane(plane_SS: Layer, radius_px: float) -> Layer:
    """A plane of values 0..1 out of focus by so many pixels."""
    image = Image.fromarray((np.clip(plane_SS, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius_px)), dtype=np.float32) / 255


def blurred(picture_SS3: Picture, radius_px: float) -> Picture:
    """The picture out of focus by so many pixels."""
    image = Image.fromarray((np.clip(picture_SS3, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius_px)), dtype=np.float32) / 255


def wobbled(scene: Scene, rng: Rng) -> Scene:
    """The scene as an unsteady hand would draw it: corners move together with their neighbours."""
    phase = rng.uniform(0, 6.3, (2, 2, 2))
    rate = rng.uniform(9, 26, (2, 2, 2))
    x, y = scene.points_P2[:, 0], scene.points_P2[:, 1]
    moves = [sum(np.sin(x * rate[a, i, 0] + y * rate[a, i, 1] + phase[a, i, 0]) for i in range(2)) for a in range(2)]
    return replace(scene, points_P2=scene.points_P2 + np.stack(moves, axis=1) * 0.006)


def hatching(tone_BB: Layer, rng: Rng) -> Layer:
    """Slanting strokes, wider where it is darker; the darkest places are crossed a second time."""
    place = np.arange(len(tone_BB), dtype=np.float32)
    slant, pitch = rng.uniform(0.5, 1.1), rng.uniform(6.5, 9)
    rows = place[:, None]
    first = np.abs((place[None] * slant + rows + np.sin(rows * 0.2)) / pitch % 1 - 0.5) * 2
    second = np.abs((place[None] - rows * slant * 0.6) / pitch % 1 - 0.5) * 2
    dark = 1 - tone_BB
    marked: NDArray[np.bool_] = (first < dark * 0.8 - 0.16) | (second < dark * 1.1 - 0.75)
    return marked.astype(np.float32)


def drafting_marks(cover_SS: Layer, size_px: int) -> Layer:
    """A dashed centre line and a dimension line under the part, as line strengths."""
    marks = np.zeros((size_px, size_px), dtype=np.float32)
    columns, rows = np.flatnonzero(cover_SS.max(axis=0) > 0.3), np.flatnonzero(cover_SS.max(axis=1) > 0.3)
    if not len(columns) or not len(rows):
        return marks
    left, right, top, bottom = columns[0], columns[-1], rows[0], rows[-1]
    dash = np.arange(size_px) % 7 < 4
    middle = (left + right) // 2
    marks[max(top - 3, 0) : bottom + 4, middle] = 0.42 * dash[max(top - 3, 0) : bottom + 4]
    at = bottom + 4 if bottom + 6 < size_px else top - 4
    if 0 <= at < size_px:
        marks[at, left : right + 1] = 0.6
        marks[max(at - 2, 0) : at + 3, [left, right]] = 0.6
    return marks


def palette_colour(value_SS: Layer, palette: tuple[tuple[float, float, float], ...]) -> Picture:
    """Colours between the palette's entries, which stand at equal steps from 0 to 1."""
    stops = np.linspace(0, 1, len(palette))
    table = np.stack(
        [np.interp(np.linspace(0, 1, 256), stops, channel) for channel in zip(*palette, strict=True)], axis=1
    )
    return table.astype(np.float32)[(np.clip(value_SS, 0, 1) * 255).astype(np.uint8)]

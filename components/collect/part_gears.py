"""Toothed wheels and racks. Each function draws one part's proportions; the tip radius is 1."""

import numpy as np

from components.collect.part_shapes import TURN, Array, Assembly, Hole, Solid, with_caps
from components.collect.part_solids import at_height, bolt_circle, extrude, keyway, loft, ring

Rng = np.random.Generator


def gear_outline(teeth: int, depth: float) -> Array:
    """A toothed wheel of tip radius 1: trapezoid teeth with slightly rounded flanks, six points each."""
    tooth = np.arange(teeth)[:, None] / teeth
    place = np.array([0.0, 0.08, 0.19, 0.45, 0.56, 0.64]) / teeth
    radius = np.array([1 - depth, 1 - depth * 0.55, 1.0, 1.0, 1 - depth * 0.55, 1 - depth])
    angle = (tooth + place).ravel() * TURN
    outline: Array = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.tile(radius, teeth)[:, None]
    return outline


def spur_gear(rng: Rng) -> Assembly:
    teeth = int(rng.integers(12, 31))
    depth, bore, thick = min(0.24, 3.4 / teeth), rng.uniform(0.14, 0.3), rng.uniform(0.16, 0.5)
    wheel = extrude(gear_outline(teeth, depth), 0, thick, bore=bore)
    solids: list[Solid] = [wheel]
    holes: list[Hole] = []
    style = int(rng.integers(3))
    if style == 0:
        solids = [with_caps(wheel, keyway(bore, thick))]
    if style == 1:
        hub = bore + rng.uniform(0.1, 0.2)
        solids.append(ring(hub, bore, thick, thick * rng.uniform(1.3, 1.8), anchor=(0, 0, 1)))
    if style == 2 and bore < 0.24:
        holes = bolt_circle(int(rng.integers(4, 7)), (bore + 1 - depth) / 2, 0.13, thick, thick)
    return Assembly(solids=solids, holes=holes, size_en=f"{teeth} teeth", size_ja=f"歯数{teeth}")


def bevel_gear(rng: Rng) -> Assembly:
    teeth = int(rng.integers(12, 25))
    outline, bore = gear_outline(teeth, min(0.24, 3.2 / teeth)), rng.uniform(0.16, 0.26)
    shrink, rise = rng.uniform(0.5, 0.62), rng.uniform(0.42, 0.6)
    small = np.linalg.norm(outline, axis=1, keepdims=True)
    inner = outline / small * bore
    rings = [at_height(inner, 0), at_height(outline, 0), at_height(outline * shrink, rise), at_height(inner, rise)]
    rings.append(rings[0])
    sides = np.arange(len(outline)) // 2
    last = int(sides.max()) + 1
    group = np.stack([np.full_like(sides, last), sides, np.full_like(sides, last + 1), np.full_like(sides, last + 2)])
    cone = loft(np.stack(rings), group_SK=group, shade_SK=np.array([1, 1, 0.95, 0.5])[:, None])
    hub = ring(rng.uniform(0.55, 0.7), bore, -rng.uniform(0.2, 0.45), 0, anchor=(0, 0, -1))
    return Assembly(solids=[cone, hub], size_en=f"{teeth} teeth", size_ja=f"歯数{teeth}")


def rack(rng: Rng) -> Assembly:
    teeth, depth, base = int(rng.integers(7, 13)), rng.uniform(0.5, 0.62), rng.uniform(0.6, 1.1)
    profile = np.array([(0.0, 0.0), (0.2, 0.0), (0.38, depth), (0.66, depth), (0.84, 0.0)])
    upper = np.concatenate([profile + (tooth, 0) for tooth in range(teeth)])
    outline = np.concatenate([[(0, -base), (teeth, -base)], [(teeth, 0)], upper[::-1]])
    width = rng.uniform(0.8, 1.8)
    return Assembly(solids=[extrude(outline, 0, width)], size_en=f"{teeth} teeth", size_ja=f"歯数{teeth}")


def sprocket(rng: Rng) -> Assembly:
    teeth = int(rng.integers(10, 19))
    place = np.arange(teeth * 8) / 8
    height = np.minimum(1 - np.abs(np.sin(place * TURN / 2)) ** 0.85, 0.82) / 0.82
    radius = 1 - 2.2 / teeth * (1 - height)
    angle = place / teeth * TURN
    outline = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    bore, thick = rng.uniform(0.12, 0.18), rng.uniform(0.06, 0.12)
    solids: list[Solid] = [extrude(outline, 0, thick, bore=bore, smooth=True)]
    if rng.random() < 0.6:
        solids.append(ring(bore + 0.1, bore, thick, thick + rng.uniform(0.08, 0.3), anchor=(0, 0, 1)))
    root = 1 - 2.2 / teeth
    count = int(rng.integers(4, 7))
    holes = bolt_circle(count, (bore + 0.1 + root) / 2, (root - bore - 0.1) * 0.34, thick, thick, lift=0.05)
    return Assembly(solids=solids, holes=holes, size_en=f"{teeth} teeth", size_ja=f"歯数{teeth}")

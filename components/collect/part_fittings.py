"""Brackets, flanges, hinges, forks and clamps. Each function draws one part's proportions."""

from dataclasses import replace

import numpy as np

from components.collect.part_shapes import TURN, Assembly, Cap, Hole, Solid, placed, rotation, turned
from components.collect.part_solids import arc, at_height, box, circle, extrude, lathe, ring, rod, sweep

Rng = np.random.Generator


def l_bracket(rng: Rng) -> Assembly:
    foot, wall = 1.0, rng.uniform(0.8, 1.35)
    wide, thick = rng.uniform(0.5, 0.95), rng.uniform(0.08, 0.14)
    outline = np.array([(0, 0), (foot, 0), (foot, thick), (thick, thick), (thick, wall), (0, wall)])
    body = placed(extrude(outline, -wide / 2, wide / 2), turn=rotation("x", TURN / 4))
    solids = [body]
    count = int(rng.integers(1, 4))
    across = (0.0,) if count < 3 else (-wide / 4, wide / 4)
    radius = wide * (0.14 if count < 3 else 0.1)
    places = np.array([0.58]) if count == 1 else np.array([0.38, 0.78])
    holes = [
        Hole(centre=(place * foot, y, thick), normal=(0, 0, 1), radius=radius, depth=thick)
        for place in places
        for y in across
    ]
    holes += [
        Hole(centre=(thick, y, place * wall), normal=(1, 0, 0), radius=radius, depth=thick)
        for place in places
        for y in across
    ]
    if rng.random() < 0.4:
        rib = np.array([(thick, thick), (foot * 0.6, thick), (thick, wall * 0.6)])
        gusset = placed(extrude(rib, -0.05, 0.05), turn=rotation("x", TURN / 4), anchor=(1e-6, 0, 1e-6))
        solids.append(gusset)
    size = int(rng.choice([30, 40, 50, 60, 80]))
    return Assembly(solids=solids, holes=holes, size_en=f"{size} x {size} mm", size_ja=f"{size}x{size}mm")


def pipe_flange(rng: Rng) -> Assembly:
    bore, thick = rng.uniform(0.34, 0.5), rng.uniform(0.13, 0.24)
    count = int(rng.choice([4, 4, 6, 8]))
    face = bore + rng.uniform(0.1, 0.16)
    neck = rng.uniform(0.05, 0.4)
    profile = [(bore, 0.0), (1.0, 0.0), (1.0, thick), (face, thick)]
    disc = lathe(profile, segments=36)
    collar = lathe(
        [(face, thick), (face - 0.04, thick + neck), (bore, thick + neck), (bore, 0.0)], segments=30, anchor=(0, 0, 1)
    )
    radius = (1 + face) / 2
    hole = min(0.11, (1 - face) * 0.3)
    holes = [
        Hole(centre=(x, y, thick), normal=(0, 0, 1), radius=hole, depth=thick, lift=0.02)
        for x, y in circle(radius, count, start=TURN / count / 2)
    ]
    size = int(rng.choice([25, 40, 50, 65, 80, 100, 150]))
    return Assembly(solids=[disc, collar], holes=holes, size_en=f"DN{size}", size_ja=f"{size}A")


def leaf(width: float, height: float, thick: float, side: int, count: int) -> tuple[Solid, list[Hole]]:
    """One plate of a hinge with a row of countersunk holes; `side` is -1 or 1."""
    plate = box((width, height, thick), (side * width / 2, 0, 0))
    rows = np.linspace(-0.36, 0.36, count) * height
    depths = [side * width * (0.66 if row % 2 else 0.56) for row in range(count)]
    holes = [
        Hole(centre=(x, float(y), thick / 2), normal=(0, 0, 1), radius=width * 0.11, depth=thick, lift=0.05)
        for x, y in zip(depths, rows, strict=True)
    ]
    return plate, holes


def butt_hinge(rng: Rng) -> Assembly:
    height, width, thick = 1.0, rng.uniform(0.34, 0.5), rng.uniform(0.035, 0.06)
    fold, count = rng.uniform(0.0, 0.9), int(rng.integers(2, 4))
    solids, holes = [], []
    for side in (-1, 1):
        plate, drilled = leaf(width, height, thick, side, count)
        turn = rotation("y", -side * fold / 2)
        solids.append(placed(plate, turn=turn))
        for hole in drilled:
            centre, normal = turn @ hole.centre, turn @ hole.normal
            holes.append(replace(hole, centre=tuple(centre), normal=tuple(normal)))
    knuckle, barrels = rng.uniform(0.055, 0.08), 5
    for part in range(barrels):
        low = -height / 2 + part * height / barrels
        barrel = rod(knuckle, low, low + height / barrels * 0.96, segments=14)
        solids.append(placed(barrel, turn=rotation("x", -TURN / 4), anchor=(0, 0, 0.001)))
    size = int(rng.choice([38, 51, 64, 76, 89, 102]))
    return Assembly(solids=solids, holes=holes, size_en=f"{size} mm", size_ja=f"{size}mm")


def clevis(rng: Rng) -> Assembly:
    half, thick, prong = rng.uniform(0.46, 0.6), rng.uniform(0.17, 0.23), rng.uniform(1.0, 1.5)
    wide, neck = rng.uniform(0.34, 0.42), rng.uniform(0.6, 1.1)
    tip = arc(wide, 0, TURN / 2, 12, centre=(0, prong))
    profile = np.concatenate([[(-wide, 0), (wide, 0)], tip])
    solids, holes = [], []
    for side in (-1, 1):
        middle = side * (half - thick / 2)
        solids.append(extrude(profile, middle - thick / 2, middle + thick / 2, anchor=(0, 0, side)))
        for face in (-1, 1):
            centre = (0.0, prong, middle + face * thick / 2)
            holes.append(
                Hole(centre=centre, normal=(0, 0, face), radius=wide * 0.5, depth=thick, lift=2.0, anchor=(0, 0, side))
            )
    upright = rotation("x", -TURN / 4)
    base = box((2 * wide, thick * 1.6, 2 * half), (0, -thick * 0.8, 0), anchor=(0, -0.5, 0))
    stem = placed(rod(wide * 0.7, -neck, 0, chamfer=0.05), turn=upright, shift=(0, -thick * 1.6, 0), anchor=(0, -1, 0))
    solids += [base, stem]
    if rng.random() < 0.4:
        pin = placed(rod(wide * 0.45, -half, half, segments=16), shift=(0, prong, 0), anchor=(0, 0, 0))
        head = placed(rod(wide * 0.62, half, half * 1.25, chamfer=0.04, segments=18), shift=(0, prong, 0))
        solids += [pin, placed(head, anchor=(0, 0, 1.5))]
        holes = []
    part = Assembly(solids=solids, holes=holes, size_en=f"M{rng.choice([6, 8, 10, 12, 16])}")
    return turned(part, rotation("y", -TURN / 4))


def hose_clamp(rng: Rng) -> Assembly:
    wide, thin = rng.uniform(0.3, 0.46), 0.035
    band = ring(1.0, 1 - thin * 1.5, -wide / 2, wide / 2, segments=40)
    band = replace(band, caps=worm_slots(wide * 0.28))
    tail = arc(1 + thin * 1.5, TURN / 4 + 0.1, TURN / 4 + rng.uniform(0.9, 1.4), 10)
    strip = sweep(
        at_height(tail, 0),
        np.array([(-thin, -wide / 2), (thin, -wide / 2), (thin, wide / 2), (-thin, wide / 2)]) * 0.9,
        smooth=False,
        anchor=(0, 0, 0),
    )
    housing = box((0.62, 0.3, wide * 1.12), (0.0, 1.16, 0), anchor=(0, 0.01, 0.01))
    screw = rod(0.13, -0.5, 0.36, segments=14)
    screw = placed(screw, turn=rotation("y", TURN / 4), shift=(0.0, 1.2, 0), anchor=(0, 0.012, 0.012))
    head = placed(
        extrude(circle(0.22, 6), 0.3, 0.56),
        turn=rotation("y", TURN / 4),
        shift=(0.0, 1.2, 0),
        anchor=(0.012, 0.012, 0.012),
    )
    solids = [band, strip, housing, screw, head]
    low = int(rng.choice([12, 16, 20, 25, 32, 40, 50]))
    return Assembly(solids=solids, size_en=f"{low}-{low + 14} mm", size_ja=f"{low}-{low + 14}mm")


def worm_slots(half: float) -> tuple[Cap, ...]:
    """The slots that the worm of a hose clamp grips, as marks upon a band of radius 1."""
    slots = []
    for angle in np.arange(-2.6, 0.6, 0.17):
        edge = arc(1.0, angle, angle + 0.07, 2)
        points = np.concatenate([at_height(edge, -half), at_height(edge[::-1], half)])
        slots.append(Cap(points_K3=points, shade=0.3, lift=0.05))
    return tuple(slots)

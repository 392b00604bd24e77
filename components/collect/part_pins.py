"""Washers, rings, rivets, pins and keys. Each function draws one part's proportions; lengths are in mm."""

import numpy as np

from components.collect.part_fasteners import metric
from components.collect.part_shapes import TURN, Assembly, Hole
from components.collect.part_solids import arc, at_height, circle, extrude, lathe, ring, rod, sweep

Rng = np.random.Generator


def flat_washer(rng: Rng) -> Assembly:
    d = metric(rng)
    inner, outer = d * 0.54, d * rng.uniform(0.95, 1.5)
    return Assembly(solids=[ring(outer, inner, 0, d * rng.uniform(0.12, 0.28), segments=36)], size_en=f"M{d}")


def spring_washer(rng: Rng) -> Assembly:
    d = metric(rng)
    width, thick = d * rng.uniform(0.24, 0.34), d * rng.uniform(0.2, 0.34)
    radius, rise = d * 0.55 + width / 2, d * rng.uniform(0.25, 0.5)
    angle = np.linspace(0.07, TURN - 0.07, 34)
    path = np.column_stack([np.cos(angle) * radius, np.sin(angle) * radius, angle / TURN * rise])
    section = np.array([(-width, -thick), (width, -thick), (width, thick), (-width, thick)]) / 2
    return Assembly(solids=[sweep(path, section, smooth=False)], size_en=f"M{d}")


def retaining_ring(rng: Rng) -> Assembly:
    d = int(rng.integers(8, 60))
    outer, width = 1.0, rng.uniform(0.2, 0.3)
    gap = rng.uniform(0.2, 0.34)
    angle = np.linspace(gap, TURN - gap, 30)
    depth = width * (0.75 - 0.3 * np.cos(angle))
    outside = np.stack([np.cos(angle), np.sin(angle)], axis=1) * outer
    inside = outside * (outer - depth)[:, None]
    outline, thickness = np.concatenate([outside, inside[::-1]]), rng.uniform(0.07, 0.14)
    solids, holes = [extrude(outline, 0, thickness, smooth=True)], []
    lug, inward = rng.uniform(0.16, 0.2), rng.random() < 0.5
    for side in (-1, 1):
        reach = (outer - lug * 0.9) if inward else outer - lug * 0.2
        x, y = reach * np.cos(gap), side * (reach * np.sin(gap) + lug * 0.35)
        solids.append(extrude(circle(lug, 16, (x, y)), 0, thickness, smooth=True, anchor=(0, 0, 1)))
        holes.append(
            Hole(centre=(x, y, thickness), normal=(0, 0, 1), radius=lug * 0.5, depth=thickness, anchor=(0, 0, 1))
        )
    return Assembly(solids=solids, holes=holes, size_en=f"{d} mm", size_ja=f"{d}mm")


def rivet(rng: Rng) -> Assembly:
    d = float(rng.choice([3, 4, 5, 6, 8]))
    length, radius = d * rng.uniform(1.2, 3.0), d * rng.uniform(0.85, 1.05)
    height = radius * rng.uniform(0.55, 0.85)
    angle = np.linspace(0, TURN / 4, 10)
    dome = [(0.0, 0.0), (radius, 0.0), *[(radius * np.cos(a), height * np.sin(a)) for a in angle[1:]]]
    solids = [
        lathe(dome, segments=36, anchor=(0, 0, 1)),
        rod(d / 2, -length, 0, chamfer=d * 0.06, anchor=(0, 0, -1)),
    ]
    return Assembly(solids=solids, size_en=f"{d:.0f} x {length:.0f} mm", size_ja=f"{d:.0f}x{length:.0f}mm")


def dowel_pin(rng: Rng) -> Assembly:
    d = float(rng.choice([3, 4, 5, 6, 8, 10, 12]))
    length = d * rng.uniform(2.4, 6)
    pin = rod(d / 2, 0, length, chamfer=d * rng.uniform(0.08, 0.16), segments=30)
    return Assembly(solids=[pin], size_en=f"{d:.0f} x {length:.0f} mm", size_ja=f"{d:.0f}x{length:.0f}mm")


def cotter_pin(rng: Rng) -> Assembly:
    d = float(rng.choice([2, 3.2, 4, 5]))
    wire, radius, length = d * 0.36, d * rng.uniform(0.85, 1.2), d * rng.uniform(5.5, 9)
    spread = rng.uniform(0, 0.05) * length
    eye = arc(radius, -1.0, TURN / 2 + 1.0, 13) + (0, radius * 1.1)
    right = [(spread + wire * 0.8, -length * rng.uniform(0.85, 1.0)), (wire * 0.8, -radius * 0.4)]
    left = [(-wire * 0.8, -radius * 0.4), (-spread - wire * 0.8, -length)]
    line = np.concatenate([right, eye, left])
    wire_solid = sweep(at_height(line, 0), circle(wire, 8), points_per_group=8)
    return Assembly(solids=[wire_solid], size_en=f"{d:g} x {length:.0f} mm", size_ja=f"{d:g}x{length:.0f}mm")


def woodruff_key(rng: Rng) -> Assembly:
    d = int(rng.choice([10, 13, 16, 19, 22, 28]))
    outline = arc(d / 2, TURN / 2 - 0.12, TURN + 0.12, 22)
    key = extrude(outline, 0, d * rng.uniform(0.2, 0.34))
    return Assembly(solids=[key], size_en=f"{d} mm", size_ja=f"{d}mm")

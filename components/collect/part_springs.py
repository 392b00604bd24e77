"""Springs of round wire. Each function draws one spring's proportions; lengths are in wire diameters."""

import numpy as np

from components.collect.part_shapes import TURN, Array, Assembly
from components.collect.part_solids import circle, sweep

Rng = np.random.Generator
POINTS_PER_COIL = 16


def helix(radius: float, turns: float, height_N: Array) -> Array:
    """A coil about z whose heights are given point by point: [N, 3]."""
    angle = np.linspace(0, turns * TURN, len(height_N))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height_N])


def coil_points(turns: float) -> int:
    """Path points of a coil of so many turns."""
    return round(turns * POINTS_PER_COIL) + 1


def compression_spring(rng: Rng) -> Assembly:
    turns, radius = rng.uniform(4.5, 8.5), rng.uniform(2.6, 4.6)
    rate = np.ones(coil_points(turns))
    rate[:POINTS_PER_COIL] = rate[-POINTS_PER_COIL:] = 0.4
    height = np.cumsum(rate) / POINTS_PER_COIL * rng.uniform(1.8, 3.0)
    path = helix(radius, turns, height)
    if rng.random() < 0.2:
        path[:, :2] *= np.linspace(1, 0.55, len(path))[:, None]
    diameter, length = rng.integers(6, 40), rng.integers(20, 120)
    return Assembly(
        solids=[sweep(path, circle(0.5, 7), points_per_group=POINTS_PER_COIL)],
        size_en=f"{diameter} x {length} mm",
        size_ja=f"外径{diameter}mm",
    )


def extension_spring(rng: Rng) -> Assembly:
    turns, radius = float(rng.integers(7, 12)), rng.uniform(1.9, 3.0)
    count = coil_points(turns)
    coil = helix(radius, turns, np.linspace(0, turns * 1.02, count))
    hook = np.linspace(0, TURN * 0.72, 11)
    bow_K3 = np.column_stack([radius * np.cos(hook), np.zeros(11), radius * np.sin(hook)])
    reach = radius * rng.uniform(0.7, 1.0)
    top = bow_K3 + (0, 0, coil[-1, 2] + reach)
    bottom = bow_K3[::-1] * (1, 1, -1) + (0, 0, -reach)
    solids = [sweep(coil, circle(0.5, 7), points_per_group=POINTS_PER_COIL)]
    solids += [sweep(line, circle(0.5, 7), up=(0, 1, 0), anchor=(0, 0, 0)) for line in (top, bottom)]
    stems = [np.linspace((radius, 0, coil[-1, 2]), top[0], 4), np.linspace((radius, 0, -reach), coil[0], 4)]
    solids += [sweep(line, circle(0.5, 7), up=(0, 1, 0)) for line in stems]
    diameter, length = rng.integers(5, 25), rng.integers(25, 120)
    return Assembly(solids=solids, size_en=f"{diameter} x {length} mm", size_ja=f"外径{diameter}mm")


def torsion_spring(rng: Rng) -> Assembly:
    turns = rng.integers(3, 6) + rng.choice([0.0, 0.25, 0.5, 0.75])
    radius, leg = rng.uniform(2.4, 3.6), rng.uniform(6, 10)
    coil = helix(radius, turns, np.linspace(0, turns * 1.05, coil_points(turns)))
    legs = []
    for end, sign in ((0, -1), (-1, 1)):
        angle = 0.0 if end == 0 else turns * TURN
        heading = np.array([-np.sin(angle), np.cos(angle), 0]) * sign
        line = coil[end] + np.linspace(0, leg, 5)[:, None] * heading
        legs.append(line[::-1] if end == 0 else line)
    path = np.concatenate([legs[0][:-1], coil, legs[1][1:]])
    wire = sweep(path, circle(0.5, 7), points_per_group=POINTS_PER_COIL)
    diameter = rng.integers(8, 40)
    return Assembly(solids=[wire], size_en=f"{diameter} mm", size_ja=f"外径{diameter}mm")

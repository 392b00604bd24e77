"""Screws, bolts and nuts. Each function draws one part's proportions; lengths are in mm."""

import numpy as np

from components.collect.part_shapes import TURN, Array, Assembly, Cap, Solid, placed, rotation, with_caps
from components.collect.part_solids import arc, at_height, box, circle, extrude, lathe, loft, rod, sweep, thread

Rng = np.random.Generator
METRIC = (4, 5, 6, 8, 10, 12, 16, 20)


def metric(rng: Rng) -> int:
    """A thread diameter in mm."""
    return int(rng.choice(METRIC))


def screw_size(diameter: int, length: float) -> tuple[int, str]:
    """A catalogue length in mm (a multiple of 5 above 10), and its name such as 'M8 x 40'."""
    rounded = max(4, round(length)) if length < 10 else 5 * round(length / 5)
    return rounded, f"M{diameter} x {rounded}"


def hexagon(across_flats: float) -> Array:
    """A hexagon with the given distance between opposite sides."""
    return circle(across_flats / np.sqrt(3), 6)


def shank(rng: Rng, diameter: float, length: float, plain_share: float) -> list[Solid]:
    """A screw's shank below z = 0: a plain part next to the head, then the thread."""
    plain = length * plain_share
    pitch = max(diameter * rng.uniform(0.17, 0.26), (length - plain) / 15)
    solids = [thread(diameter / 2, -length, -plain, pitch, anchor=(0, 0, -2))]
    if plain:
        solids.append(rod(diameter / 2, -plain, 0, segments=20, anchor=(0, 0, -1)))
    return solids


def chamfered_hexagon(across_flats: float, z0: float, z1: float) -> Solid:
    """A hexagonal prism whose top shows the turned chamfer circle."""
    body = extrude(hexagon(across_flats), z0, z1)
    mark = Cap(points_K3=at_height(circle(across_flats * 0.47, 20), z1), shade=1.12, lift=0.01)
    return with_caps(body, mark)


def hex_bolt(rng: Rng) -> Assembly:
    d = metric(rng)
    length, size = screw_size(d, d * rng.uniform(2.2, 6.5))
    head = placed(chamfered_hexagon(d * rng.uniform(1.55, 1.85), 0, d * rng.uniform(0.55, 0.75)), anchor=(0, 0, 1))
    solids = [head, *shank(rng, d, length, float(rng.choice([0, 0.3, 0.5])))]
    if rng.random() < 0.25:
        solids.append(rod(d * 1.1, -d * 0.15, 0, anchor=(0, 0, 0.5)))
    return Assembly(solids=solids, size_en=size)


def socket_head_screw(rng: Rng) -> Assembly:
    d = metric(rng)
    length, size = screw_size(d, d * rng.uniform(1.8, 5.5))
    radius, height = d * rng.uniform(0.74, 0.84), d * rng.uniform(0.9, 1.1)
    knurl = circle(radius, 44)
    knurl[::2] *= 0.955
    body = extrude(knurl, 0, height * 0.86, smooth=True, anchor=(0, 0, 1))
    key = at_height(hexagon(d * 0.86), height)
    floor = at_height(hexagon(d * 0.62), height)
    crown = lathe([(radius, height * 0.86), (radius * 0.9, height), (0, height)], anchor=(0, 0, 2))
    marks = (Cap(points_K3=key, shade=0.3, lift=d), Cap(points_K3=floor, shade=0.16, lift=d * 1.1))
    return Assembly(
        solids=[body, with_caps(crown, *marks), *shank(rng, d, length, float(rng.choice([0, 0.3])))], size_en=size
    )


def cross_recess(radius: float, z: float, slot: bool) -> tuple[Cap, ...]:
    """The driver's recess in a flat head: a cross, or a slot right across."""
    reach, half = (radius * 0.96, radius * 0.13) if slot else (radius * 0.6, radius * 0.13)
    bar = np.array([(-reach, -half), (reach, -half), (reach, half), (-reach, half)])
    if slot:
        return (Cap(points_K3=at_height(bar, z), shade=0.2, lift=radius),)
    outline = np.concatenate([np.array([(reach, -half), (reach, half), (half, half)]) @ quarter(i).T for i in range(4)])
    return (Cap(points_K3=at_height(outline, z), shade=0.2, lift=radius),)


def quarter(turns: int) -> Array:
    """The plane rotation by so many right angles."""
    return rotation("z", turns * TURN / 4)[:2, :2]


def countersunk_screw(rng: Rng) -> Assembly:
    d = metric(rng)
    length, size = screw_size(d, d * rng.uniform(2.2, 6))
    radius, height = d * rng.uniform(0.95, 1.12), d * rng.uniform(0.5, 0.62)
    head = lathe([(d / 2, -height), (radius, 0), (radius, d * 0.06), (0, d * 0.06)], anchor=(0, 0, 1))
    recess = cross_recess(radius, d * 0.06, slot=rng.random() < 0.35)
    low = [placed(solid, shift=(0, 0, -height)) for solid in shank(rng, d, length - height, 0.0)]
    return Assembly(solids=[with_caps(head, *recess), *low], size_en=size)


def eye_bolt(rng: Rng) -> Assembly:
    d = metric(rng)
    length, size = screw_size(d, d * rng.uniform(1.6, 4.5))
    radius, wire = d * rng.uniform(1.1, 1.6), d * rng.uniform(0.3, 0.42)
    eye = torus(radius, wire)
    stem = [
        placed(solid, turn=rotation("x", -TURN / 4)) for solid in shank(rng, d, length, float(rng.choice([0, 0.3])))
    ]
    collar = rod(d * 0.85, -d * 0.25, d * 0.15, chamfer=d * 0.08)
    collar = placed(collar, turn=rotation("x", -TURN / 4), shift=(0, -radius - wire * 0.4, 0), anchor=(0, 0, 0))
    low = [placed(solid, shift=(0, -radius - wire * 0.6, 0), anchor=(0, -0.2, 0)) for solid in stem]
    return Assembly(solids=[placed(eye, anchor=(0, 0.1, 0)), collar, *low], size_en=size)


def torus(radius: float, wire: float, segments: int = 26) -> Solid:
    """A ring of round wire about z."""
    angle = np.linspace(0, TURN, 11)
    profile = [(radius - wire * np.sin(a), -wire * np.cos(a)) for a in -angle]
    return lathe(profile, segments=segments, groups=np.zeros(10, dtype=np.int64))


def u_bolt(rng: Rng) -> Assembly:
    d = metric(rng)
    radius, wire = d * rng.uniform(1.5, 3.2), d * 0.5
    leg = radius * rng.uniform(1.3, 2.4)
    bend = arc(radius, 0, TURN / 2, 13)
    line = np.concatenate([[(radius, -leg * 0.35)], bend, [(-radius, -leg * 0.35)]])
    solids = [sweep(at_height(line, 0), circle(wire, 8), anchor=(0, 0.1, 0))]
    for side in (-1, 1):
        stem = thread(wire, -leg * 0.65, 0, max(d * 0.25, leg / 12), segments=12)
        solids.append(placed(stem, turn=rotation("x", -TURN / 4), shift=(side * radius, -leg * 0.35, 0)))
        nut = extrude(hexagon(d * 1.6), 0, d * 0.75)
        if rng.random() < 0.9:
            position = (side * radius, -leg * 0.72, 0.0)
            solids.append(placed(nut, turn=rotation("x", -TURN / 4), shift=position, anchor=(0, 0, 0.01)))
    if rng.random() < 0.5:
        solids.append(box((radius * 2 + d * 2.4, d * 0.4, d * 1.8), (0, -leg * 0.6, 0), anchor=(0, 0.005, 0.005)))
    return Assembly(solids=solids, size_en=f"M{d}", size_ja=f"M{d}")


def hex_nut(rng: Rng) -> Assembly:
    d = metric(rng)
    flats, height = d * rng.uniform(1.55, 1.85), d * rng.uniform(0.5, 1.0)
    outline = np.repeat(hexagon(flats), 4, axis=0)
    corner = np.arange(24) % 4 / 4
    following = np.roll(outline, -4, axis=0)
    outline = outline + (following - outline) * corner[:, None]
    round_outline = outline / np.linalg.norm(outline, axis=1, keepdims=True)
    bore = d * 0.47
    shapes = [
        (round_outline * bore, 0.0),
        (outline, 0.0),
        (outline, height * 0.93),
        (round_outline * flats * 0.485, height),
        (round_outline * bore * 1.12, height),
        (round_outline * bore, height - bore * 0.12),
        (round_outline * bore, height * 0.6),
        (round_outline * bore, height * 0.3),
        (round_outline * bore, 0.0),
    ]
    rings = np.stack([at_height(line, z) for line, z in shapes])
    sides = np.arange(24) // 4
    group = np.stack([np.full(24, 20), sides, *[np.full(24, 6 + i) for i in range(6)]])
    shade = np.array([1, 1, 1.05, 1.0, 0.8, 0.6, 0.5, 0.42])[:, None]
    return Assembly(solids=[loft(rings, group_SK=group, shade_SK=shade)], size_en=f"M{d}")


def wing_nut(rng: Rng) -> Assembly:
    d = metric(rng)
    radius, height = d * rng.uniform(0.85, 1.0), d * rng.uniform(0.9, 1.2)
    boss = lathe(
        [(d / 2, 0), (radius, 0), (radius * 0.8, height), (d / 2, height), (d / 2, 0)],
        anchor=(0, 0, 0.001),
        segments=20,
    )
    boss = placed(boss, turn=rotation("x", -TURN / 4), shift=(0, -height / 2, 0))
    span, rise = d * rng.uniform(1.7, 2.2), d * rng.uniform(1.35, 1.9)
    tip = d * rng.uniform(0.58, 0.78)
    lobe = arc(tip, -1.1, 2.5, 9, centre=(span, rise - tip))
    wing = np.concatenate([[(radius * 0.55, -height * 0.42)], [(radius * 1.2, -height * 0.4)], lobe])
    wing = np.concatenate([wing, [(radius * 0.6, height * 0.4)]])
    thickness = d * rng.uniform(0.16, 0.24)
    right = extrude(wing, -thickness, thickness, smooth=True)
    left = placed(right, turn=rotation("y", TURN / 2))
    return Assembly(solids=[right, left, boss], size_en=f"M{d}")


def cap_nut(rng: Rng) -> Assembly:
    d = metric(rng)
    flats, height = d * rng.uniform(1.6, 1.8), d * rng.uniform(0.65, 0.85)
    radius = flats * rng.uniform(0.42, 0.47)
    angle = np.linspace(0, TURN / 4, 10)
    lift = d * rng.uniform(0.05, 0.3)
    dome = [(radius, height), *[(radius * np.cos(a), height + lift + radius * np.sin(a)) for a in angle]]
    solids = [placed(chamfered_hexagon(flats, 0, height), anchor=(0, 0, 0)), lathe(dome, segments=36, anchor=(0, 0, 1))]
    return Assembly(solids=solids, size_en=f"M{d}")

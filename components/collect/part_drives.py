"""Bearings, pulleys, chains, couplings, shafts and cams. Each function draws one part's proportions."""

from dataclasses import replace

import numpy as np

from components.collect.part_shapes import TURN, Array, Assembly, Bead, Cap, Hole, Solid, placed, rotation, with_caps
from components.collect.part_solids import arc, circle, extrude, keyway, lathe, ring, rod

Rng = np.random.Generator


def link_plate(x: float, waist: float) -> Array:
    """The figure-of-eight plate of a chain, from pin x to pin x + 1."""
    left = arc(0.42, TURN / 4 - 0.35, TURN * 3 / 4 + 0.35, 10, centre=(x, 0))
    right = arc(0.42, -TURN / 4 - 0.35, TURN / 4 + 0.35, 10, centre=(x + 1, 0))
    middle = np.array([(x + 0.5, waist)])
    return np.concatenate([left, middle * (1, -1), right, middle])


def roller_chain(rng: Rng) -> Assembly:
    links, waist, width = int(rng.integers(3, 6)), rng.uniform(0.2, 0.32), rng.uniform(0.25, 0.4)
    solids = []
    for link in range(links):
        outer = link % 2 == 0
        inner_z = width if outer else width * 0.75
        for side in (-1, 1):
            z = side * inner_z
            plate = extrude(link_plate(link, waist), z - 0.05, z + 0.05, smooth=True, anchor=(0, 0, z))
            solids.append(plate)
    for pin in range(links + 1):
        solids.append(rod(0.24, -width * 0.7, width * 0.7, segments=14))
        solids[-1] = placed(solids[-1], shift=(pin, 0, 0), anchor=(0, 0, 0))
        head = rod(0.15, width, width + 0.16, segments=12)
        solids.append(placed(head, shift=(pin, 0, 0), anchor=(0, 0, width * 1.1)))
    return Assembly(solids=solids, size_en=f"{links} links", size_ja=f"{links}リンク")


def ball_bearing(rng: Rng) -> Assembly:
    bore, wide = rng.uniform(0.36, 0.52), rng.uniform(0.28, 0.5)
    wall = (1 - bore) * rng.uniform(0.24, 0.3)
    inside, outside = bore + wall, 1 - wall
    solids = [
        ring(1.0, outside, 0, wide, segments=36),
        ring(inside, bore, 0, wide, segments=28, anchor=(0, 0, 0.02)),
    ]
    diameter = int(rng.choice([8, 10, 12, 15, 17, 20, 25, 30]))
    sealed = rng.random() < 0.08
    accent = bool(rng.random() < 0.6)
    floor = wide * (0.93 if sealed else 0.45)
    gap = lathe([(outside, floor), (inside, floor)], segments=28, accent=sealed and accent, anchor=(0, 0, -0.01))
    beads = []
    if not sealed:
        shade = np.full(gap.shade_Q.shape, 0.3)
        gap = replace(gap, shade_Q=shade)
        radius = (outside - inside) * 0.56
        count = int(TURN * (inside + outside) / 2 / (2 * radius) * rng.uniform(0.72, 0.92))
        beads = [
            Bead(centre=(x, y, wide * 0.62), radius=radius) for x, y in circle((inside + outside) / 2, max(count, 6))
        ]
    return Assembly(solids=[*solids, gap], beads=beads, size_en=f"{diameter} mm bore", size_ja=f"内径{diameter}mm")


def v_belt_pulley(rng: Rng) -> Assembly:
    grooves, bore = int(rng.integers(1, 4)), rng.uniform(0.12, 0.22)
    lip, mouth, deep = 0.07, rng.uniform(0.22, 0.28), rng.uniform(0.24, 0.32)
    profile = [(0.0, 0.0), (1.0, 0.0)]
    z = 0.0
    for _ in range(grooves):
        profile += [(1.0, z + lip), (1 - deep, z + lip + mouth * 0.34)]
        profile += [(1 - deep, z + lip + mouth * 0.66), (1.0, z + lip + mouth)]
        z += lip + mouth
    top = z + lip
    profile += [(1.0, top), (0.72, top), (0.68, top - 0.06), (0.36, top - 0.06), (0.34, top)]
    profile += [(bore, top), (bore, top - 0.1), (0.0, top - 0.1)]
    steps = np.diff(np.array(profile), axis=0)
    wheel = lathe(profile, segments=32, groups=np.arange(len(steps)))
    in_groove = (np.abs(steps[:, 0]) < 1e-9) & (np.array(profile)[:-1, 0] < 0.9)
    in_bore = np.array(profile)[1:, 0] < bore / 2
    shade = np.where(in_bore, 0.3, np.where(in_groove, 0.6, 1.0))
    wheel = replace(wheel, shade_Q=np.repeat(shade, 32))
    diameter = int(rng.choice([50, 63, 71, 80, 90, 100, 125, 160]))
    return Assembly(solids=_split_by_height(wheel), size_en=f"{diameter} mm", size_ja=f"呼び径{diameter}mm")


def _split_by_height(solid: Solid) -> list[Solid]:
    """One solid per smooth surface, so that a groove's far flank is painted before its near lip."""
    parts = []
    for group in range(int(solid.group_Q.max()) + 1):
        mine = solid.group_Q == group
        height = float(solid.quads_Q43[mine][:, :, 2].mean())
        fields = {"quads_Q43": solid.quads_Q43[mine], "shade_Q": solid.shade_Q[mine]}
        fields["group_Q"] = np.zeros(int(mine.sum()), dtype=np.int64)
        parts.append(replace(solid, **fields, anchor=(0, 0, height)))
    return parts


def shaft_coupling(rng: Rng) -> Assembly:
    bore, length = rng.uniform(0.3, 0.45), rng.uniform(0.7, 1.1)
    gap = rng.uniform(0.3, 0.42)
    jaws = int(rng.choice([2, 3]))
    low = ring(1, bore, -length - gap / 2, -gap / 2, segments=30, anchor=(0, 0, -1))
    high = ring(1, bore, gap / 2, length + gap / 2, segments=30, anchor=(0, 0, 1))
    high = with_caps(high, keyway(bore, length + gap / 2))
    solids = [low, high, rod(0.9, -gap / 2, gap / 2, segments=30, accent=True)]
    for jaw in range(2 * jaws):
        start = (jaw + 0.12) / (2 * jaws) * TURN
        curve = arc(1.0, start, start + 0.6 / (2 * jaws) * TURN, 7)
        block = extrude(np.concatenate([curve, curve[::-1] * 0.7]), -gap / 2, gap / 2, anchor=(0, 0, 0.0))
        solids.append(block)
    screws = [
        Hole(centre=(x, y, z), normal=(x, y, 0.0), radius=0.14, depth=9.0, anchor=(0.0, 0.0, z))
        for x, y in circle(1.0, 3, start=0.4).tolist()
        for z in (length / 2 + gap / 2, -length / 2 - gap / 2)
    ]
    diameter = int(rng.choice([6, 8, 10, 12, 14, 16]))
    return Assembly(solids=solids, holes=screws, size_en=f"{diameter} mm bore", size_ja=f"内径{diameter}mm")


def stepped_shaft(rng: Rng) -> Assembly:
    steps = int(rng.integers(4, 7))
    widest = int(rng.integers(1, steps - 1))
    radii = [1 - 0.2 * abs(step - widest) - rng.uniform(0, 0.12) for step in range(steps)]
    radii = [max(radius, 0.28) for radius in radii]
    lengths = rng.uniform(0.8, 2.4, steps)
    solids, z = [], 0.0
    for radius, length in zip(radii, lengths, strict=True):
        solids.append(rod(radius, z, z + length, chamfer=0.06, segments=24, anchor=(0, 0, z)))
        z += length
    if rng.random() < 0.7:
        at = int(np.argmax(lengths))
        low, radius = float(lengths[:at].sum()), radii[at]
        slot = np.array([(0.16, 0.2), (0.16, 0.8), (-0.16, 0.8), (-0.16, 0.2)]) * (1, lengths[at]) + (0, low)
        points = np.column_stack([slot[:, 0], np.full(4, -radius), slot[:, 1]])
        solids[at] = with_caps(solids[at], Cap(points_K3=points, shade=0.35, lift=0.4))
    size = int(rng.choice([20, 25, 30, 40, 50]))
    return Assembly(solids=solids, size_en=f"{size} mm", size_ja=f"径{size}mm")


def crankshaft(rng: Rng) -> Assembly:
    throws, offset = int(rng.integers(2, 4)), rng.uniform(0.62, 0.9)
    web, journal, thick = 0.48, rng.uniform(0.3, 0.38), rng.uniform(0.2, 0.28)
    crown = arc(web, -0.5, TURN / 2 + 0.5, 12, centre=(0, offset))
    belly = arc(rng.uniform(0.7, 0.95), TURN / 2 + 0.45, TURN - 0.45, 12)
    outline = np.concatenate([crown, belly])
    solids, z = [rod(journal, -1.1, 0, anchor=(0, 0, -0.6))], 0.0
    for throw in range(throws):
        turn = rotation("z", TURN / 2 * (throw % 2) if throws != 3 else TURN / 3 * throw)
        x, y = (turn @ (0, offset, 0))[:2]
        for part in range(2):
            low = z + part * (thick + 0.5)
            solids.append(placed(extrude(outline, low, low + thick, smooth=True), turn=turn, anchor=(0, 0, low)))
        pin = rod(journal * 0.9, z + thick, z + thick + 0.5)
        solids.append(placed(pin, shift=(float(x), float(y), 0), anchor=(0, 0, z + thick)))
        z += 2 * thick + 0.5
        tail = 0.45 if throw < throws - 1 else 1.0
        solids.append(rod(journal, z, z + tail, anchor=(0, 0, z)))
        z += tail
    return Assembly(solids=solids, size_en=f"{throws} throws", size_ja=f"{throws}スロー")


def cam(rng: Rng) -> Assembly:
    lift, nose = rng.uniform(0.75, 1.15), rng.uniform(0.28, 0.45)
    slant = float(np.arccos((1 - nose) / (lift + 0.35)))
    base = arc(1.0, slant, TURN - slant, 26)
    tip = arc(nose, -slant, slant, 12, centre=(lift + 0.35, 0))
    outline = np.concatenate([base, tip])
    bore, thick = rng.uniform(0.28, 0.42), rng.uniform(0.3, 0.6)
    disc = extrude(outline, 0, thick, bore=bore, smooth=True)
    solids = [with_caps(disc, keyway(bore, thick))]
    if rng.random() < 0.4:
        solids = [disc, ring(bore + 0.2, bore, thick, thick * 1.6, anchor=(0, 0, 1))]
    size = round(8 * lift + 4)
    return Assembly(solids=solids, size_en=f"{size} mm lift", size_ja=f"リフト{size}mm")

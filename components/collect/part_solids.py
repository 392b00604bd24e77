"""Solids of mechanical parts as small meshes: turned, extruded and swept.

Shape legend: S = rings of a loft, K = points of an outline, N = points of a path, Q = quads.
Outlines run counter-clockwise; the axis of a turned or extruded solid is z; lengths are in any one unit.
"""

from collections.abc import Sequence

import numpy as np

from components.collect.part_shapes import TURN, Array, Cap, Hole, Numbers, Solid

CREASE_RAD = 0.55


def circle(radius: float, points: int = 24, centre: tuple[float, float] = (0.0, 0.0), start: float = 0.0) -> Array:
    """A circle, or a regular polygon where `points` is small: [points, 2]."""
    return arc(radius, start, start + TURN, points, centre, closed=True)


def arc(
    radius: float,
    start: float,
    stop: float,
    points: int,
    centre: tuple[float, float] = (0.0, 0.0),
    closed: bool = False,
) -> Array:
    """Points at equal angles from `start` to `stop` radians; a closed arc leaves out its last point."""
    angle = np.linspace(start, stop, points, endpoint=not closed)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius + centre


def at_height(outline_K2: Array, z: float) -> Array:
    """The outline laid in the plane at height z: [K, 3]."""
    return np.column_stack([outline_K2, np.full(len(outline_K2), z)])


def smooth_groups(steps_K2: Array, closed: bool) -> Numbers:
    """Number the sides of an outline so that the number changes at each corner sharper than `CREASE_RAD`."""
    angle = np.arctan2(steps_K2[:, 1], steps_K2[:, 0])
    bend = np.abs((np.diff(angle, prepend=angle[-1]) + np.pi) % TURN - np.pi) > CREASE_RAD
    if not closed:
        bend[0] = False
    group = np.cumsum(bend)
    if closed and not bend[0]:
        group[group == 0] = group[-1]
    return np.asarray(group, dtype=np.int64)


def loft(
    rings_SK3: Array,
    *,
    group_SK: Numbers | None = None,
    shade_SK: Array | None = None,
    caps: tuple[Cap, ...] = (),
    accent: bool = False,
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Solid:
    """The skin between consecutive rings; groups and shades are given per skin quad, [S - 1, K]."""
    following = np.roll(rings_SK3, -1, axis=1)
    quads = np.stack([rings_SK3[:-1], following[:-1], following[1:], rings_SK3[1:]], axis=2).reshape(-1, 4, 3)
    shape = (rings_SK3.shape[0] - 1, rings_SK3.shape[1])
    group = np.zeros(shape, dtype=np.int64) if group_SK is None else np.broadcast_to(group_SK, shape)
    shade = np.ones(shape) if shade_SK is None else np.broadcast_to(shade_SK, shape)
    return Solid(quads_Q43=quads, group_Q=group.ravel(), shade_Q=shade.ravel(), caps=caps, accent=accent, anchor=anchor)


def lathe(
    profile: Sequence[tuple[float, float]],
    *,
    segments: int = 24,
    helix: float = 0.0,
    groups: Numbers | None = None,
    accent: bool = False,
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Solid:
    """Turn a profile of (radius, height) about z; it rises on the outside and falls on the inside.

    `helix` lifts the profile by so much per turn, as a screw thread does.
    """
    profile_S2 = np.asarray(profile, dtype=float)
    steps = np.diff(profile_S2, axis=0)
    angle = np.arange(segments) / segments * TURN
    radius, height = profile_S2[:, :1], profile_S2[:, 1:]
    lifted = height + helix * (angle / TURN - 0.5)
    rings = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.broadcast_to(lifted, lifted.shape)], axis=2)
    group = smooth_groups(steps, closed=False) if groups is None else groups
    inward = np.where(steps[:, 1] < -1e-9, 0.62, 1.0)
    return loft(rings, group_SK=group[:, None], shade_SK=inward[:, None], accent=accent, anchor=anchor)


def ring(outer: float, inner: float, z0: float, z1: float, **kwargs: object) -> Solid:
    """A tube of rectangular section about z."""
    return lathe([(inner, z0), (outer, z0), (outer, z1), (inner, z1), (inner, z0)], **kwargs)  # type: ignore[arg-type]


def rod(radius: float, z0: float, z1: float, *, chamfer: float = 0.0, **kwargs: object) -> Solid:
    """A solid cylinder about z with both ends chamfered."""
    c = chamfer
    profile = [(0.0, z0), (radius - c, z0), (radius, z0 + c), (radius, z1 - c), (radius - c, z1), (0.0, z1)]
    if not c:
        profile = [profile[0], profile[2], profile[3], profile[5]]
    return lathe(profile, **kwargs)  # type: ignore[arg-type]


def thread(radius: float, z0: float, z1: float, pitch: float, *, segments: int = 14, **kwargs: object) -> Solid:
    """A threaded rod about z with about (z1 - z0) / pitch turns and a blunt tip at z0."""
    turns = max(3, round((z1 - z0) / pitch))
    step = (z1 - z0) / turns
    root = radius * 0.8 if step > radius * 0.18 else radius * 0.86
    profile = [(0.0, z0), (root * 0.85, z0)]
    for turn in range(turns):
        profile += [(root, z0 + (turn + 0.12) * step), (radius, z0 + (turn + 0.56) * step)]
    profile += [(root, z1), (0.0, z1)]
    groups = np.concatenate([[0, 1], np.repeat(np.arange(turns) + 1, 2), [turns + 2]])
    return lathe(profile, segments=segments, helix=step, groups=groups, **kwargs)  # type: ignore[arg-type]


def extrude(
    outline_K2: Array,
    z0: float,
    z1: float,
    *,
    bore: float = 0.0,
    accent: bool = False,
    smooth: bool = False,
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Solid:
    """A prism over an outline; with `bore`, the outline must see the origin from every point."""
    sides = smooth_groups(np.roll(outline_K2, -1, axis=0) - outline_K2, closed=True)
    if smooth:
        sides = np.zeros_like(sides)
    if not bore:
        bottom, top = at_height(outline_K2, z0), at_height(outline_K2, z1)
        caps = (Cap(points_K3=bottom[::-1]), Cap(points_K3=top))
        return loft(np.stack([bottom, top]), group_SK=sides[None], caps=caps, accent=accent, anchor=anchor)
    inner = outline_K2 / np.linalg.norm(outline_K2, axis=1, keepdims=True) * bore
    rings = [at_height(line, z) for line, z in [(inner, z0), (outline_K2, z0), (outline_K2, z1), (inner, z1)]]
    rings.append(rings[0])
    last = int(sides.max()) + 1
    group = np.stack([np.full_like(sides, last), sides, np.full_like(sides, last + 1), np.full_like(sides, last + 2)])
    shade = np.array([1.0, 1.0, 1.0, 0.55])[:, None]
    return loft(np.stack(rings), group_SK=group, shade_SK=shade, accent=accent, anchor=anchor)


def box(size: tuple[float, float, float], centre: tuple[float, float, float], **kwargs: object) -> Solid:
    """A block with its sides along the axes."""
    (sx, sy, sz), (x, y, z) = size, centre
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (sx / 2, sy / 2) + (x, y)
    return extrude(corners, z - sz / 2, z + sz / 2, **kwargs)  # type: ignore[arg-type]


def sweep(
    path_N3: Array,
    section_K2: Array,
    *,
    up: tuple[float, float, float] = (0.0, 0.0, 1.0),
    points_per_group: int = 0,
    smooth: bool = True,
    accent: bool = False,
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Solid:
    """Carry a section along a path. Its first axis is square to `up`, its second is the nearest to `up`.

    `points_per_group` starts a new smooth surface after so many path points, so that coils part from each other.
    """
    tangent = np.gradient(path_N3, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    across = np.cross(tangent, np.asarray(up))
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-12
    over = np.cross(across, tangent)
    # (across, over) turns clockwise about the tangent, so the section is walked backwards
    section = section_K2[::-1]
    rings = path_N3[:, None] + section[None, :, :1] * across[:, None] + section[None, :, 1:] * over[:, None]
    count = len(path_N3)
    along = np.arange(count - 1) // points_per_group if points_per_group else np.zeros(count - 1, dtype=np.int64)
    sides = np.zeros(len(section), dtype=np.int64)
    if not smooth:
        sides = smooth_groups(np.roll(section, -1, axis=0) - section, closed=True)
    group = along[:, None] * (int(sides.max()) + 1) + sides
    caps = (Cap(points_K3=rings[0][::-1]), Cap(points_K3=rings[-1]))
    return loft(rings, group_SK=group, caps=caps, accent=accent, anchor=anchor)


def keyway(bore: float, z: float) -> Cap:
    """The notch of a key beside a bore, seen from above."""
    half = bore * 0.24
    corners = [(-half, bore * 0.85), (half, bore * 0.85), (half, bore * 1.3), (-half, bore * 1.3)]
    return Cap(points_K3=at_height(np.array(corners), z), shade=0.25, lift=0.3)


def bolt_circle(count: int, radius: float, hole: float, z: float, depth: float, lift: float = 0.3) -> list[Hole]:
    """Holes at equal angles through a plate whose upper face is at z."""
    return [
        Hole(centre=(x, y, z), normal=(0, 0, 1), radius=hole, depth=depth, lift=lift)
        for x, y in circle(radius, count, start=0.3)
    ]

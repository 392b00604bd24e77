"""From solids and a view to a flat scene: visible polygons from far to near, each with its tone.

Shape legend: F = polygons, P = points of all polygons. Unit coordinates: x to the right, y down, 0..1 is the picture.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.collect.part_shapes import TURN, Array, Assembly, Bead, Hole, Numbers, rotation
from components.collect.part_solids import circle

LIGHT = np.array([-0.42, 0.62, 0.66]) / np.linalg.norm([-0.42, 0.62, 0.66])
HALFWAY = (LIGHT + (0.0, 0.0, 1.0)) / np.linalg.norm(LIGHT + (0.0, 0.0, 1.0))
EDGE_ON = 0.02
VOID = 0


@dataclass(frozen=True, kw_only=True)
class View:
    """How the camera sees a part."""

    name: str
    """'front', 'side' or 'tilted'."""
    tilt_rad: float
    """Angle between the part's axis and the line of sight: 0 looks along the axis."""
    spin_rad: float
    """Turn of the part about its own axis."""
    roll_rad: float
    """Turn of the finished picture in its plane."""
    extent: float
    """Longer side of the part in the picture, 0..1."""
    shift: tuple[float, float]
    """Place within the free margin, each -1..1."""
    gloss: float
    """0 is matt, 1 is polished."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A part ready to be drawn in any style."""

    points_P2: Array
    start_F: Numbers
    """Where each polygon's points begin, and one last entry for the end: [F + 1]."""
    tone_F: Array
    """0 (dark) to 1 (bright)."""
    depth_F: Array
    """0 (far) to 1 (near)."""
    group_F: Numbers
    """A line is drawn where the group changes; `VOID` polygons cut through to the background."""
    accent_F: NDArray[np.bool_]


def camera(view: View) -> Array:
    """Part coordinates to view coordinates: x right, y up, z towards the viewer."""
    turn: Array = rotation("z", view.roll_rad) @ rotation("x", -view.tilt_rad) @ rotation("z", view.spin_rad)
    return turn


def surface_tone(normal_F3: Array, shade_F: Array, gloss: float) -> Array:
    """Light from the upper left, a bright sky over a dark floor, and a highlight: 0..1."""
    diffuse = np.clip(normal_F3 @ LIGHT, 0, 1)
    sky = normal_F3[:, 1]
    glint = np.clip(normal_F3 @ HALFWAY, 0, 1) ** (6 + 30 * gloss)
    band = np.cos(normal_F3[:, 1] * 5 + normal_F3[:, 0] * 2.5)
    tone = 0.26 + 0.42 * diffuse + 0.11 * sky + (0.12 + 0.24 * gloss) * glint + 0.09 * gloss * band
    lit: Array = np.clip(tone * shade_F, 0.03, 1)
    return lit


def project(assembly: Assembly, view: View) -> Scene:
    """Paint order, tones and picture coordinates of all that can be seen."""
    turn = camera(view)
    canvas = _Canvas(turn=turn, gloss=view.gloss)
    for solid in assembly.solids:
        rank = float(turn[2] @ solid.anchor)
        canvas.add_quads(solid.quads_Q43, solid.group_Q, solid.shade_Q, solid.accent, rank)
        for cap in solid.caps:
            canvas.add_polygon(cap.points_K3, cap.shade, cap.lift, solid.accent, rank)
    for hole in assembly.holes:
        _add_hole(canvas, hole)
    for bead in assembly.beads:
        _add_bead(canvas, bead)
    return canvas.scene(view)


class _Canvas:
    """Gathers polygons in view coordinates until all are there to be sorted."""

    def __init__(self, *, turn: Array, gloss: float) -> None:
        self.turn, self.gloss = turn, gloss
        self.points: list[Array] = []
        self.sizes: list[Numbers] = []
        self.tones: list[Array] = []
        self.depths: list[Array] = []
        self.ranks: list[Array] = []
        self.groups: list[Numbers] = []
        self.accents: list[NDArray[np.bool_]] = []
        self.next_group = VOID + 1

    def put(
        self, points_FK3: Array, tone_F: Array, depth_F: Array, group_F: Numbers, accent: bool, rank: float
    ) -> None:
        count, corners = points_FK3.shape[:2]
        self.points.append(points_FK3[:, :, :2].reshape(-1, 2))
        self.sizes.append(np.full(count, corners))
        self.tones.append(tone_F)
        self.depths.append(depth_F)
        self.ranks.append(np.full(count, rank))
        self.groups.append(group_F)
        self.accents.append(np.full(count, accent))

    def add_quads(self, quads_Q43: Array, group_Q: Numbers, shade_Q: Array, accent: bool, rank: float) -> None:
        seen = quads_Q43 @ self.turn.T
        a, b = seen[:, 2] - seen[:, 0], seen[:, 3] - seen[:, 1]
        normal = np.stack(
            [
                a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
                a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
                a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
            ],
            axis=1,
        )
        normal /= np.sqrt((normal**2).sum(axis=1, keepdims=True)) + 1e-12
        front = normal[:, 2] > EDGE_ON
        seen, normal = seen[front], normal[front]
        tone = surface_tone(normal, shade_Q[front], self.gloss)
        self.put(seen, tone, seen[:, :, 2].mean(axis=1), group_Q[front] + self.next_group, accent, rank)
        self.next_group += int(group_Q.max()) + 1

    def add_polygon(self, points_K3: Array, shade: float, lift: float, accent: bool, rank: float) -> None:
        seen = points_K3 @ self.turn.T
        following = np.roll(seen, -1, axis=0)
        normal = np.cross(seen, following).sum(axis=0)
        normal /= np.linalg.norm(normal) + 1e-12
        group = self.next_group
        self.next_group += 1
        if normal[2] > EDGE_ON:
            tone = surface_tone(normal[None], np.array([shade]), self.gloss)
            self.put(seen[None], tone, seen[:, 2].mean()[None] + lift, np.array([group]), accent, rank)

    def scene(self, view: View) -> Scene:
        points, sizes = np.concatenate(self.points), np.concatenate(self.sizes)
        depth, rank = np.concatenate(self.depths), np.concatenate(self.ranks)
        order = np.lexsort((depth, rank))
        starts = np.concatenate([[0], np.cumsum(sizes)])
        shuffled_sizes = sizes[order]
        new_starts = np.concatenate([[0], np.cumsum(shuffled_sizes)])
        source = np.repeat(starts[order] - new_starts[:-1], shuffled_sizes) + np.arange(new_starts[-1])
        placed_P2, scale = _fit(points[source], view)
        near = (depth[order] - depth.min()) * scale
        return Scene(
            points_P2=placed_P2,
            start_F=new_starts,
            tone_F=np.concatenate(self.tones)[order],
            depth_F=near,
            group_F=np.concatenate(self.groups)[order],
            accent_F=np.concatenate(self.accents)[order],
        )


def _fit(points_P2: Array, view: View) -> tuple[Array, float]:
    low, high = points_P2.min(axis=0), points_P2.max(axis=0)
    scale = view.extent / float((high - low).max())
    margin = (0.96 - (high - low) * scale) / 2
    centre = 0.5 + margin * view.shift
    flipped = (points_P2 - (low + high) / 2) * scale * (1, -1)
    return flipped + centre, scale


def _add_hole(canvas: _Canvas, hole: Hole) -> None:
    normal = np.asarray(hole.normal)
    sight = canvas.turn[2]
    facing = float(sight @ normal)
    if facing <= EDGE_ON:
        return
    across = np.cross(normal, (0.31, 0.87, 0.38))
    across /= np.linalg.norm(across)
    over = np.cross(normal, across)
    plane_23 = np.stack([across, over])
    rank = float(sight @ hole.anchor)
    rim_K2 = circle(hole.radius, 16)
    canvas.add_polygon(rim_K2 @ plane_23 + hole.centre, 0.38, hole.lift, False, rank)
    slide = plane_23 @ (sight / facing - normal) * hole.depth
    lens_K2 = lens(hole.radius, slide)
    if lens_K2 is not None:
        seen = (lens_K2 @ plane_23 + hole.centre) @ canvas.turn.T
        depth = (np.asarray(hole.centre) @ canvas.turn.T)[2:] + hole.lift + 1e-3
        canvas.put(seen[None], np.array([0.0]), depth, np.array([VOID]), False, rank)


def lens(radius: float, slide: Array) -> Array | None:
    """The overlap of a circle about the origin with its copy moved by `slide`; None where they do not meet."""
    distance = float(np.hypot(*slide))
    if distance >= 1.9 * radius:
        return None
    half = np.arccos(distance / (2 * radius))
    heading = float(np.arctan2(slide[1], slide[0]))
    near = np.linspace(heading - half, heading + half, 10)
    far = near + TURN / 2
    here = radius * np.stack([np.cos(near), np.sin(near)], axis=1)
    there = radius * np.stack([np.cos(far), np.sin(far)], axis=1) + slide
    return np.concatenate([here, there])


def _add_bead(canvas: _Canvas, bead: Bead) -> None:
    centre = canvas.turn @ np.asarray(bead.centre)
    group = canvas.next_group
    canvas.next_group += 1
    for size, tone in [(1.0, 0.3), (0.82, 0.48), (0.58, 0.68), (0.3, 0.97)]:
        middle = centre + np.array([*LIGHT[:2], 0.0]) * bead.radius * (1 - size) * 0.8
        disc_K3 = np.column_stack([circle(bead.radius * size, 12), np.zeros(12)]) + middle
        depth = centre[2:] + bead.radius * (1.1 - 0.1 * size)
        canvas.put(disc_K3[None], np.array([tone]), depth, np.array([group]), False, 0.0)

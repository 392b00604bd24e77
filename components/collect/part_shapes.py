"""What a part is made of: solids as small meshes, holes, balls, and their placing in space.

Shape legend: Q = quads, K = points of a polygon.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
TURN = 2 * np.pi


@dataclass(frozen=True, kw_only=True)
class Cap:
    """A flat polygon: the end of a solid, or a mark that lies upon one of its faces."""

    points_K3: Array
    shade: float = 1.0
    """Brightness of the surface: 1 in the open, towards 0 in a cavity."""
    lift: float = 0.0
    """How much nearer to the viewer than its true depth it is painted."""


@dataclass(frozen=True, kw_only=True)
class Solid:
    """A closed surface whose quads and caps look outwards."""

    quads_Q43: Array
    group_Q: Numbers
    """Quads of one number form one smooth surface: no line is drawn between them."""
    shade_Q: Array
    caps: tuple[Cap, ...] = ()
    accent: bool = False
    """True for a second material: rubber, plastic, brass."""
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Solids are painted in the order of their anchors' depth, then face by face."""


@dataclass(frozen=True, kw_only=True)
class Hole:
    """A round hole through a plate; the background is seen through it."""

    centre: tuple[float, float, float]
    normal: tuple[float, float, float]
    radius: float
    depth: float
    lift: float = 0.3
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Bead:
    """A ball, shaded as a sphere."""

    centre: tuple[float, float, float]
    radius: float


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """All that one part is made of, and the size a catalogue would print."""

    solids: Sequence[Solid]
    size_en: str
    size_ja: str = ""
    holes: Sequence[Hole] = field(default_factory=tuple)
    beads: Sequence[Bead] = field(default_factory=tuple)


def placed(
    solid: Solid,
    *,
    turn: Array | None = None,
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    anchor: tuple[float, float, float] | None = None,
) -> Solid:
    """The solid rotated by the matrix `turn`, then moved by `shift`."""
    matrix = np.eye(3) if turn is None else turn
    caps = tuple(replace(cap, points_K3=cap.points_K3 @ matrix.T + shift) for cap in solid.caps)
    return replace(
        solid,
        quads_Q43=solid.quads_Q43 @ matrix.T + shift,
        caps=caps,
        anchor=solid.anchor if anchor is None else anchor,
    )


def turned(assembly: Assembly, turn: Array) -> Assembly:
    """The whole part rotated by the matrix `turn`, painting order included."""

    def moved(place: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (turn @ place).tolist()
        return x, y, z

    solids = [placed(solid, turn=turn, anchor=moved(solid.anchor)) for solid in assembly.solids]
    holes = [
        replace(hole, centre=moved(hole.centre), normal=moved(hole.normal), anchor=moved(hole.anchor))
        for hole in assembly.holes
    ]
    beads = [replace(bead, centre=moved(bead.centre)) for bead in assembly.beads]
    return replace(assembly, solids=solids, holes=holes, beads=beads)


def rotation(axis: str, angle_rad: float) -> Array:
    """The matrix that turns a column vector about 'x', 'y' or 'z'."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


def with_caps(solid: Solid, *caps: Cap) -> Solid:
    """The solid with further marks upon it."""
    return replace(solid, caps=(*solid.caps, *caps))

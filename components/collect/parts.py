"""The catalogue of mechanical parts: names in English and Japanese, and how each is drawn and seen."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from components.collect import part_drives, part_fasteners, part_fittings, part_gears, part_pins, part_springs
from components.collect.part_scene import Scene, View, project
from components.collect.part_shapes import TURN, Assembly

Rng = np.random.Generator
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Views:
    """The tilts, in degrees from the part's axis, from which a person still knows the part."""

    front: Range | None = None
    tilted: Range
    side: Range | None = None
    spin: Range = (0, 360)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One class of part."""

    en: str
    ja: str
    build: Callable[[Rng], Assembly]
    views: Views
    metals: tuple[str, ...]
    """What it is made of or plated with: keys of `styles.METALS`."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part as drawn: its scene, and what a catalogue would say of it."""

    label: str
    scene: Scene
    view: str
    """'front', 'side' or 'tilted'."""
    material: str
    """A key of `styles.METALS`."""
    size_en: str
    size_ja: str


PLATED = ("zinc", "stainless", "black oxide", "yellow zinc", "nickel", "brass", "galvanised")
STEEL = ("stainless", "steel", "nickel", "black oxide", "blued")
CAST = ("cast iron", "steel", "aluminium", "black oxide", "stainless", "bronze")
WIRE = ("steel", "stainless", "black oxide", "zinc", "galvanised", "copper")

SCREW = Views(tilted=(48, 72), side=(80, 100))
DISC = Views(front=(0, 14), tilted=(28, 58))
PLATE = Views(front=(0, 12), tilted=(22, 48), spin=(-35, 35))
FLAT = Views(front=(0, 12), tilted=(24, 52), spin=(-30, 30))

KINDS = (
    Kind(en="hex bolt", ja="六角ボルト", build=part_fasteners.hex_bolt, metals=PLATED, views=SCREW),
    Kind(
        en="socket head screw",
        ja="六角穴付きボルト",
        build=part_fasteners.socket_head_screw,
        metals=PLATED,
        views=Views(tilted=(35, 66), side=(72, 84)),
    ),
    Kind(en="countersunk screw", ja="皿ねじ", build=part_fasteners.countersunk_screw, metals=PLATED, views=SCREW),
    Kind(en="eye bolt", ja="アイボルト", build=part_fasteners.eye_bolt, metals=PLATED, views=FLAT),
    Kind(en="U-bolt", ja="Uボルト", build=part_fasteners.u_bolt, metals=PLATED, views=FLAT),
    Kind(en="hex nut", ja="六角ナット", build=part_fasteners.hex_nut, metals=PLATED, views=DISC),
    Kind(en="wing nut", ja="蝶ナット", build=part_fasteners.wing_nut, metals=PLATED, views=FLAT),
    Kind(
        en="cap nut",
        ja="袋ナット",
        build=part_fasteners.cap_nut,
        metals=PLATED,
        views=Views(tilted=(48, 74), side=(80, 90)),
    ),
    Kind(en="flat washer", ja="平座金", build=part_pins.flat_washer, metals=PLATED, views=DISC),
    Kind(
        en="spring washer",
        ja="ばね座金",
        build=part_pins.spring_washer,
        metals=PLATED,
        views=Views(front=(0, 14), tilted=(30, 62)),
    ),
    Kind(en="retaining ring", ja="止め輪", build=part_pins.retaining_ring, metals=STEEL, views=DISC),
    Kind(en="rivet", ja="リベット", build=part_pins.rivet, metals=WIRE, views=Views(tilted=(60, 76), side=(80, 98))),
    Kind(
        en="dowel pin",
        ja="平行ピン",
        build=part_pins.dowel_pin,
        metals=STEEL,
        views=Views(tilted=(52, 74), side=(78, 88)),
    ),
    Kind(en="cotter pin", ja="割ピン", build=part_pins.cotter_pin, metals=WIRE, views=FLAT),
    Kind(en="woodruff key", ja="半月キー", build=part_pins.woodruff_key, metals=STEEL, views=PLATE),
    Kind(en="spur gear", ja="平歯車", build=part_gears.spur_gear, metals=CAST, views=DISC),
    Kind(
        en="bevel gear",
        ja="かさ歯車",
        build=part_gears.bevel_gear,
        metals=CAST,
        views=Views(tilted=(35, 62), side=(70, 82)),
    ),
    Kind(en="rack gear", ja="ラック", build=part_gears.rack, metals=STEEL, views=PLATE),
    Kind(en="sprocket", ja="スプロケット", build=part_gears.sprocket, metals=CAST, views=DISC),
    Kind(en="roller chain", ja="ローラチェーン", build=part_drives.roller_chain, metals=STEEL, views=PLATE),
    Kind(en="ball bearing", ja="玉軸受", build=part_drives.ball_bearing, metals=STEEL, views=DISC),
    Kind(
        en="V-belt pulley",
        ja="Vプーリ",
        build=part_drives.v_belt_pulley,
        metals=CAST,
        views=Views(tilted=(48, 70), side=(78, 88)),
    ),
    Kind(
        en="shaft coupling",
        ja="軸継手",
        build=part_drives.shaft_coupling,
        metals=CAST,
        views=Views(tilted=(48, 72), side=(78, 90)),
    ),
    Kind(
        en="stepped shaft",
        ja="段付きシャフト",
        build=part_drives.stepped_shaft,
        metals=STEEL,
        views=Views(tilted=(55, 76), side=(80, 90), spin=(-40, 40)),
    ),
    Kind(
        en="crankshaft",
        ja="クランク軸",
        build=part_drives.crankshaft,
        metals=CAST,
        views=Views(tilted=(58, 76), side=(80, 90)),
    ),
    Kind(en="cam", ja="板カム", build=part_drives.cam, metals=CAST, views=DISC),
    Kind(
        en="compression spring",
        ja="圧縮ばね",
        build=part_springs.compression_spring,
        metals=WIRE,
        views=Views(tilted=(58, 78), side=(80, 95)),
    ),
    Kind(
        en="extension spring",
        ja="引張ばね",
        build=part_springs.extension_spring,
        metals=WIRE,
        views=Views(tilted=(64, 78), side=(80, 92)),
    ),
    Kind(
        en="torsion spring",
        ja="ねじりばね",
        build=part_springs.torsion_spring,
        metals=WIRE,
        views=Views(tilted=(30, 60), side=(65, 80)),
    ),
    Kind(
        en="L-bracket",
        ja="L形ブラケット",
        build=part_fittings.l_bracket,
        metals=PLATED,
        views=Views(tilted=(48, 68), side=(70, 80), spin=(-65, -22)),
    ),
    Kind(en="pipe flange", ja="管フランジ", build=part_fittings.pipe_flange, metals=CAST, views=DISC),
    Kind(en="butt hinge", ja="平蝶番", build=part_fittings.butt_hinge, metals=PLATED, views=FLAT),
    Kind(
        en="clevis",
        ja="クレビス",
        build=part_fittings.clevis,
        metals=PLATED,
        views=Views(front=(4, 16), tilted=(26, 56), spin=(75, 105)),
    ),
    Kind(
        en="hose clamp",
        ja="ホースバンド",
        build=part_fittings.hose_clamp,
        metals=PLATED,
        views=Views(front=(4, 16), tilted=(24, 54), spin=(-60, 60)),
    ),
)

CLASS_NAMES: tuple[tuple[str, str], ...] = tuple((kind.en, kind.ja) for kind in KINDS)
"""English and Japanese name of each class, in the order of their numbers."""


def draw_part(class_number: int, rng: Rng) -> Part:
    """One part of the class, its sizes, view and material drawn from `rng`."""
    kind = KINDS[class_number]
    assembly = kind.build(rng)
    view = draw_view(kind.views, rng)
    return Part(
        label=kind.en,
        scene=project(assembly, view),
        view=view.name,
        material=kind.metals[int(rng.integers(len(kind.metals)))],
        size_en=assembly.size_en,
        size_ja=assembly.size_ja or assembly.size_en.replace(" ", ""),
    )


def draw_view(views: Views, rng: Rng) -> View:
    """A view in which the part can be recognised."""
    ranges = {"front": views.front, "tilted": views.tilted, "tilted ": views.tilted, "side": views.side}
    choices = [(name.strip(), span) for name, span in ranges.items() if span]
    name, (low, high) = choices[int(rng.integers(len(choices)))]
    upright = rng.random() < 0.45
    return View(
        name=name,
        tilt_rad=np.radians(rng.uniform(low, high)),
        spin_rad=np.radians(rng.uniform(*views.spin)),
        roll_rad=rng.normal(0, 0.12) if upright else rng.uniform(0, TURN),
        extent=rng.uniform(0.62, 0.94),
        shift=(rng.uniform(-0.8, 0.8), rng.uniform(-0.8, 0.8)),
        gloss=rng.uniform(0.1, 1.0),
    )

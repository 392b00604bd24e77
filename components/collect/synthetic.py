"""The source type `synthetic`: mechanical parts drawn from a seed, with captions and planted faults.

The styles are `render`, `photo`, `pencil`, `line`, `blueprint` and `thermal`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
from PIL import Image

from components.collect import faults
from components.collect.captions import Caption, write_caption
from components.collect.found import Found
from components.collect.parallel import in_order
from components.collect.parts import CLASS_NAMES, Part, draw_part
from components.collect.styles import STYLES, draw

Rng = np.random.Generator

STYLE_NUMBERS = {style: number for number, style in enumerate(STYLES)}
LICENCES = ("CC0-1.0", "CC-BY-4.0", "Apache-2.0")
AUTHORS = (
    "Hashimoto Parts Works",
    "Northgate Fasteners",
    "Kitayama Seiki",
    "Ludlow & Penn Workshop",
    "Minato Kogyo",
    "Atelier Vernier",
    "Old Mill Hardware",
    "Tsubaki-dori Machine Shop",
)
PICTURE, TEXT, FAULT, ORDER = range(4)
"""What a random stream is for; each image has one stream per purpose."""
CHUNK_IMAGES = 64


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Which picture to draw: it is the same wherever it is asked for."""

    style: str
    index: int
    class_number: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """One image of the source before it is drawn."""

    index: int
    drawing: Drawing
    fault: str = ""
    exact: bool = True
    """Of an evaluation copy: True repeats the file, False encodes it again."""


def read_synthetic(
    *,
    source_name: str,
    style: str,
    images: int,
    size_px: int,
    seed: int,
    fault_rates: Mapping[str, float],
    evaluation: Sequence[tuple[str, int]],
    workers: int,
) -> Iterator[Found]:
    """Draw the source's images in order; every class comes equally often, give or take one image.

    `fault_rates` gives the share of the images with each fault (`faults.FAULT_KINDS`); an evaluation set has none.
    `evaluation` lists style and number of images of each evaluation set, drawn with the same `seed` and `size_px`, so
    that copies of them can be planted. `label` holds the class that is seen, whatever the caption says.
    """
    for name in (style, *(name for name, _ in evaluation)):
        if name not in STYLES:
            raise ValueError(f"params.yaml: collect has no drawing style `{name}`. Choose from {', '.join(STYLES)}.")
    works = plan_works(style=style, images=images, seed=seed, fault_rates=fault_rates, evaluation=evaluation)
    make = partial(make_all, source_name=source_name, style=style, size_px=size_px, seed=seed)
    chunks = (works[first : first + CHUNK_IMAGES] for first in range(0, images, CHUNK_IMAGES))
    yield from chain.from_iterable(in_order(make, chunks, workers=workers))


def plan_works(
    *, style: str, images: int, seed: int, fault_rates: Mapping[str, float], evaluation: Sequence[tuple[str, int]]
) -> list[Work]:
    """What to draw for each index, and with which fault."""
    rng = stream(seed, style, FAULT, images)
    plan = faults.plan_faults(images, fault_rates, rng)
    originals = faults.choose_originals(plan, rng)
    order = class_order(style, images, seed)
    copied = draw_evaluation(plan.count("evaluation_copy"), evaluation, seed, rng)
    works, copies = [], 0
    for index, fault in enumerate(plan):
        if fault == "evaluation_copy":
            works.append(Work(index=index, drawing=copied[copies], fault=fault, exact=copies % 2 == 0))
            copies += 1
            continue
        shown = originals.get(index, index)
        works.append(
            Work(index=index, drawing=Drawing(style=style, index=shown, class_number=order[shown]), fault=fault)
        )
    return works


def draw_evaluation(count: int, evaluation: Sequence[tuple[str, int]], seed: int, rng: Rng) -> list[Drawing]:
    """So many pictures of the evaluation sets; none comes twice while there are others."""
    if not count:
        return []
    pool = [(style, images, index) for style, images in evaluation for index in range(images)]
    if not pool:
        raise ValueError(
            "collect.synthetic.faults.evaluation_copy needs a synthetic evaluation set to copy from. "
            "Set it to 0, or add a source of format `synthetic` to collect.evaluation."
        )
    orders = {(style, images): class_order(style, images, seed) for style, images in evaluation}
    places = np.resize(rng.permutation(len(pool)), count).tolist()
    drawn = []
    for style, images, index in (pool[place] for place in places):
        drawn.append(Drawing(style=style, index=index, class_number=orders[style, images][index]))
    return drawn


def class_order(style: str, images: int, seed: int) -> list[int]:
    """The class number of each image of a set: equally many of each, in a shuffled order that the seed fixes."""
    rng = stream(seed, style, ORDER, images)
    classes = rng.permutation(len(CLASS_NAMES))[np.arange(images) % len(CLASS_NAMES)]
    return list(rng.permutation(classes).tolist())


def make_all(works: Sequence[Work], *, source_name: str, style: str, size_px: int, seed: int) -> list[Found]:
    """One process's share of the source."""
    return [make_found(work, source_name=source_name, style=style, size_px=size_px, seed=seed) for work in works]


def make_found(work: Work, *, source_name: str, style: str, size_px: int, seed: int) -> Found:
    """Draw, caption and, where planned, spoil one image."""
    part, image = picture(work.drawing, size_px=size_px, seed=seed)
    text, fault = stream(seed, style, TEXT, work.index), stream(seed, style, FAULT, work.index, 1)
    caption = write_caption(part, style=style, rng=text)
    licence = LICENCES[int(text.integers(len(LICENCES)))]
    author = AUTHORS[int(text.integers(len(AUTHORS)))]
    if work.fault == "mismatched_caption":
        caption = other_caption(work.drawing.class_number, style=style, rng=fault)
    if work.fault == "empty_caption":
        caption = Caption(text=faults.BLANKS[int(fault.integers(len(faults.BLANKS)))], language=caption.language)
    if work.fault == "forbidden_licence":
        licence = faults.FORBIDDEN_LICENCES[int(fault.integers(len(faults.FORBIDDEN_LICENCES)))]
    return Found(
        key=f"{source_name}-{work.index:06d}",
        image_bytes=spoilt_bytes(image, work, fault),
        extension="png",
        caption=caption.text,
        language=caption.language,
        url=f"synthetic://{source_name}/{work.index}",
        licence=licence,
        author=author,
        label=part.label,
    )


def picture(drawing: Drawing, *, size_px: int, seed: int) -> tuple[Part, Image.Image]:
    """The part, and its picture as `size_px` squared RGB."""
    rng = stream(seed, drawing.style, PICTURE, drawing.index)
    part = draw_part(drawing.class_number, rng)
    return part, draw(part, style=drawing.style, size_px=size_px, rng=rng)


def other_caption(class_number: int, *, style: str, rng: Rng) -> Caption:
    """A caption that names a part of any class but this one."""
    other = (class_number + 1 + int(rng.integers(len(CLASS_NAMES) - 1))) % len(CLASS_NAMES)
    return write_caption(draw_part(other, rng), style=style, rng=rng, vague_share=0.0)


def spoilt_bytes(image: Image.Image, work: Work, rng: Rng) -> bytes:
    """The PNG file, with the work's fault if it is one of the file."""
    if work.fault == "near_duplicate" or (work.fault == "evaluation_copy" and not work.exact):
        return faults.png_bytes(faults.near_copy(image, rng))
    if work.fault == "tiny":
        return faults.png_bytes(faults.shrunk(image, rng))
    sound = faults.png_bytes(image)
    return faults.broken_bytes(sound, rng) if work.fault == "broken" else sound


def stream(seed: int, style: str, purpose: int, *place: int) -> Rng:
    """The random numbers for one purpose at one place of one style; no other stream repeats them."""
    return np.random.default_rng([seed, STYLE_NUMBERS[style], purpose, *place])

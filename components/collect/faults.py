"""Faults planted on purpose, so that a later stage can be asked whether it found every one."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from PIL import Image

Rng = np.random.Generator

FAULT_KINDS = (
    "broken",
    "exact_duplicate",
    "near_duplicate",
    "mismatched_caption",
    "empty_caption",
    "forbidden_licence",
    "tiny",
    "evaluation_copy",
)
FORBIDDEN_LICENCES = ("CC-BY-NC-4.0", "all rights reserved")
BLANKS = ("", " ", "   ", "\n", "\u3000")
TINY_PX = (8, 12)


def plan_faults(images: int, rates: Mapping[str, float], rng: Rng) -> list[str]:
    """The fault of each image, or '' for a sound one: round(rate * images) of each kind, at random places.

    The first image is always sound, so that every duplicate has an earlier image to copy.
    """
    unknown = sorted(set(rates) - set(FAULT_KINDS))
    if unknown:
        raise ValueError(f"collect.synthetic.faults.{unknown[0]} is not a fault. Choose from {', '.join(FAULT_KINDS)}.")
    kinds = [kind for kind in FAULT_KINDS for _ in range(round(rates.get(kind, 0.0) * images))]
    if kinds and len(kinds) >= images:
        raise ValueError(
            f"collect.synthetic.faults asks for {len(kinds)} faults among {images} images. "
            "Lower the rates, or draw more images: the first stays sound."
        )
    plan = [""] * images
    places = 1 + rng.permutation(max(images - 1, 0))
    for place, kind in zip(places.tolist(), kinds, strict=False):
        plan[place] = kind
    return plan


def choose_originals(plan: Sequence[str], rng: Rng) -> dict[int, int]:
    """For each image planned as a duplicate, the earlier sound image that it copies."""
    sound: list[int] = []
    originals = {}
    for index, fault in enumerate(plan):
        if not fault:
            sound.append(index)
        elif fault in ("exact_duplicate", "near_duplicate"):
            originals[index] = sound[int(rng.integers(len(sound)))]
    return originals


def png_bytes(image: Image.Image) -> bytes:
    """The image as a PNG file without times or other metadata: the same pixels give the same bytes."""
    file = BytesIO()
    image.save(file, format="PNG", compress_level=6)
    return file.getvalue()


def broken_bytes(sound: bytes, rng: Rng) -> bytes:
    """A file that no decoder reads to its end: cut short, an error page, or noise."""
    form = int(rng.integers(3))
    if form == 0:
        return sound[: int(len(sound) * rng.uniform(0.15, 0.7))]
    if form == 1:
        return b"<html><head><title>404 Not Found</title></head><body>Not Found</body></html>\n"
    return rng.bytes(int(rng.integers(200, 2000)))


def near_copy(image: Image.Image, rng: Rng) -> Image.Image:
    """The image as another site would serve it: a little brighter, compressed again, or with faint noise."""
    pixels = np.asarray(image, dtype=np.float64)
    form = int(rng.integers(3))
    if form == 0:
        changed = pixels * rng.choice([0.96, 0.97, 1.03, 1.04])
    elif form == 1:
        file = BytesIO()
        image.save(file, format="JPEG", quality=int(rng.integers(88, 97)), subsampling=0)
        changed = np.asarray(Image.open(file), dtype=np.float64)
    else:
        changed = pixels + rng.integers(-1, 2, pixels.shape)
    copy = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    if np.array_equal(copy, pixels):
        copy[0, 0] ^= 1
    return Image.fromarray(copy)


def shrunk(image: Image.Image, rng: Rng) -> Image.Image:
    """A thumbnail too small to learn from: 8 to 12 pixels a side."""
    side = int(rng.integers(TINY_PX[0], TINY_PX[1] + 1))
    return image.resize((side, side), Image.Resampling.BOX)

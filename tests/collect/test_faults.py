"""Faults come in exact numbers, and each is what its name says."""

from collections import Counter
from io import BytesIO

import imagehash
import numpy as np
import pytest
from PIL import Image

from components.collect.faults import (
    FAULT_KINDS,
    broken_bytes,
    choose_originals,
    near_copy,
    plan_faults,
    png_bytes,
    shrunk,
)
from components.collect.synthetic import Drawing, picture

STYLE_SAMPLE = ("render", "photo", "pencil", "line", "blueprint", "thermal")


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(style: str, class_number: int) -> Image.Image:
    return picture(Drawing(style=style, index=class_number, class_number=class_number), size_px=64, seed=2)[1]


def distance(one: Image.Image, other: Image.Image) -> int:
    """Differing bits of two 256-bit perceptual hashes."""
    return int(imagehash.phash(one, hash_size=16) - imagehash.phash(other, hash_size=16))


def test_each_fault_comes_as_often_as_its_rate_says():
    plan = plan_faults(200, {"broken": 0.02, "tiny": 0.015, "near_duplicate": 0.05, "empty_caption": 0.0}, rng())
    assert Counter(plan) == {"broken": 4, "tiny": 3, "near_duplicate": 10, "": 183}


def test_a_plan_without_rates_is_sound():
    assert plan_faults(5, {}, rng()) == [""] * 5
    assert plan_faults(0, {}, rng()) == []


def test_all_kinds_together_leave_the_first_image_sound():
    for seed in range(20):
        plan = plan_faults(10, dict.fromkeys(FAULT_KINDS, 0.1), rng(seed))
        assert plan[0] == ""
        assert Counter(plan) == {"": 2} | dict.fromkeys(FAULT_KINDS, 1)


def test_duplicates_copy_an_earlier_sound_image():
    plan = plan_faults(100, {"exact_duplicate": 0.2, "near_duplicate": 0.2, "broken": 0.3}, rng())
    originals = choose_originals(plan, rng())
    assert sorted(originals) == [index for index, fault in enumerate(plan) if fault.endswith("duplicate")]
    assert all(original < index and plan[original] == "" for index, original in originals.items())


def test_more_faults_than_images_are_refused():
    with pytest.raises(ValueError, match="asks for 10 faults among 10 images"):
        plan_faults(10, {"broken": 0.5, "tiny": 0.5}, rng())


def test_an_unknown_fault_is_refused_by_name():
    with pytest.raises(ValueError, match=r"faults.brokn is not a fault"):
        plan_faults(10, {"brokn": 0.1}, rng())


def test_broken_bytes_cannot_be_decoded():
    sound = png_bytes(drawn("render", 0))
    for seed in range(30):
        with pytest.raises((OSError, SyntaxError)):
            Image.open(BytesIO(broken_bytes(sound, rng(seed)))).load()


def test_tiny_images_are_8_to_12_pixels():
    sides = {shrunk(drawn("render", 0), rng(seed)).size for seed in range(60)}
    assert sides == {(side, side) for side in range(8, 13)}


@pytest.mark.parametrize("style", STYLE_SAMPLE)
def test_near_copies_are_close_and_other_classes_far(style):
    images = [drawn(style, number) for number in range(0, 34, 5)]
    copies = [near_copy(image, rng(number)) for number, image in enumerate(images)]
    for image, copy in zip(images, copies, strict=True):
        assert png_bytes(image) != png_bytes(copy)
        assert distance(image, copy) <= 16
    others = [distance(images[a], images[b]) for a in range(len(images)) for b in range(a)]
    assert min(others) > 50


def test_png_files_hold_no_time_or_text():
    file = png_bytes(drawn("render", 0))
    assert file == png_bytes(drawn("render", 0))
    assert all(chunk not in file for chunk in (b"tIME", b"tEXt", b"eXIf"))

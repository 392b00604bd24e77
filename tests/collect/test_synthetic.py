"""The drawn corpus: the same seed gives the same bytes, and every planted fault is there."""

from collections import Counter
from io import BytesIO
from typing import Any

import imagehash
import numpy as np
import pytest
from PIL import Image

from components.collect.faults import FORBIDDEN_LICENCES
from components.collect.found import Found
from components.collect.parts import CLASS_NAMES, KINDS, draw_part
from components.collect.styles import STYLES, draw
from components.collect.synthetic import LICENCES, Drawing, class_order, picture, plan_works, read_synthetic

RATES = {
    "broken": 0.05,
    "exact_duplicate": 0.1,
    "near_duplicate": 0.1,
    "mismatched_caption": 0.05,
    "empty_caption": 0.05,
    "forbidden_licence": 0.05,
    "tiny": 0.05,
    "evaluation_copy": 0.1,
}
EVALUATION = [("pencil", 30), ("line", 30)]


def read(**changes: Any) -> list[Found]:
    settings: dict[str, Any] = {
        "source_name": "shop",
        "style": "render",
        "images": 80,
        "size_px": 64,
        "seed": 4,
        "fault_rates": RATES,
        "evaluation": EVALUATION,
        "workers": 1,
    }
    return list(read_synthetic(**(settings | changes)))


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return read()


@pytest.fixture(scope="module")
def works():
    return plan_works(style="render", images=80, seed=4, fault_rates=RATES, evaluation=EVALUATION)


def opened(image_bytes: bytes) -> Image.Image:
    return Image.open(BytesIO(image_bytes))


def hash_distance(one: bytes, other: bytes) -> int:
    return int(imagehash.phash(opened(one), hash_size=16) - imagehash.phash(opened(other), hash_size=16))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("number", range(len(KINDS)), ids=[en.replace(" ", "-") for en, _ in CLASS_NAMES])
def test_every_class_can_be_drawn_in_every_style(number, style):
    for seed in range(2):
        rng = np.random.default_rng([seed, number])
        part = draw_part(number, rng)
        image = draw(part, style=style, size_px=48, rng=rng)
        assert image.size == (48, 48)
        assert image.mode == "RGB"
        assert part.label == CLASS_NAMES[number][0]
        assert np.asarray(image.convert("L"), dtype=float).std() > 4  # a blank picture has 0 to 2


def test_the_same_seed_gives_the_same_files(found):
    assert read() == found
    assert read(seed=5)[0].image_bytes != found[0].image_bytes


def test_the_number_of_workers_changes_nothing(found):
    assert read(workers=2) == found


def test_keys_and_addresses_name_the_image(found):
    assert [image.key for image in found[:2]] == ["shop-000000", "shop-000001"]
    assert found[7].url == "synthetic://shop/7"
    assert len({image.key for image in found}) == 80


def test_each_fault_is_planted_as_often_as_asked(works):
    # 80 images: 0.05 is 4 of them, 0.1 is 8
    faults = Counter(work.fault for work in works if work.fault)
    assert faults == {kind: round(80 * rate) for kind, rate in RATES.items()}


def test_every_fault_shows_in_the_image_that_has_it(found, works):
    for image, work in zip(found, works, strict=True):
        assert (not image.caption.strip()) == (work.fault == "empty_caption")
        assert (image.licence in FORBIDDEN_LICENCES) == (work.fault == "forbidden_licence")
        assert image.licence in (*LICENCES, *FORBIDDEN_LICENCES)
        if work.fault == "broken":
            with pytest.raises((OSError, SyntaxError)):
                opened(image.image_bytes).load()
        else:
            side = opened(image.image_bytes).size[0]
            assert 8 <= side <= 12 if work.fault == "tiny" else side == 64


def test_duplicates_are_of_an_earlier_sound_image(found, works):
    for image, work in zip(found, works, strict=True):
        if work.fault not in ("exact_duplicate", "near_duplicate"):
            continue
        original = work.drawing.index
        assert original < work.index
        assert works[original].fault == ""
        assert image.label == found[original].label
        assert (image.image_bytes == found[original].image_bytes) == (work.fault == "exact_duplicate")
        assert hash_distance(image.image_bytes, found[original].image_bytes) <= 16


def test_no_file_comes_twice_but_the_exact_duplicates(found, works):
    files = [
        image.image_bytes
        for image, work in zip(found, works, strict=True)
        if work.fault not in ("broken", "exact_duplicate")
    ]
    assert len(set(files)) == len(files)


def test_half_of_the_evaluation_copies_repeat_a_file_of_an_evaluation_set(found, works):
    published = {
        image.image_bytes: image.label
        for style, images in EVALUATION
        for image in read(source_name=style, style=style, images=images, fault_rates={})
    }
    copies = [image for image, work in zip(found, works, strict=True) if work.fault == "evaluation_copy"]
    exact = [image for image in copies if image.image_bytes in published]
    assert (len(copies), len(exact)) == (8, 4)
    assert all(published[image.image_bytes] == image.label for image in exact)
    for image in copies:
        assert min(hash_distance(image.image_bytes, other) for other in published) <= 16


def test_evaluation_copies_need_an_evaluation_set():
    with pytest.raises(ValueError, match="needs a synthetic evaluation set"):
        read(evaluation=[])


def test_an_unknown_style_is_refused_by_name():
    with pytest.raises(ValueError, match="no drawing style `oil`"):
        read(style="oil")


def test_an_evaluation_set_has_every_class_equally_often():
    counts = Counter(class_order("pencil", 3 * len(CLASS_NAMES), 0))
    assert set(counts.values()) == {3}
    assert class_order("pencil", 70, 0) != sorted(class_order("pencil", 70, 0))


def test_a_mismatched_caption_belongs_to_another_class(found, works):
    sound = read(fault_rates={})
    for image, work in zip(found, works, strict=True):
        if work.fault == "mismatched_caption":
            assert image.caption != sound[work.index].caption
            assert image.label.lower() not in image.caption.lower()
            assert dict(CLASS_NAMES)[image.label] not in image.caption


def test_a_drawing_does_not_depend_on_what_was_drawn_before():
    drawing = Drawing(style="photo", index=9, class_number=3)
    first = picture(drawing, size_px=64, seed=1)[1]
    picture(Drawing(style="line", index=1, class_number=5), size_px=64, seed=1)
    assert picture(drawing, size_px=64, seed=1)[1].tobytes() == first.tobytes()

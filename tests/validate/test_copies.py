"""Copies: the same file, the same picture served anew, but not another picture with the same hash."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from components.validate.copies import (
    Album,
    copies_of_evaluation,
    exact_duplicates,
    first_of_kind,
    near_duplicates,
    near_pairs,
)
from tests.validate.conftest import encoded

NEAR = {"max_bits": 12, "max_levels": 24}


def album(corpus, images, name="album"):
    return Album(*corpus(name, [{"image": image} for image in images]))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], [0, 1, 2, 3, 4]),
        ([(1, 3)], [0, 1, 2, 1, 4]),
        ([(1, 3), (3, 4)], [0, 1, 2, 1, 1]),  # 4 is joined to 1 by 3
        ([(3, 4), (0, 1), (1, 4)], [0, 0, 2, 0, 0]),
    ],
    ids=["alone", "couple", "chain", "all-but-one"],
)
def test_the_first_of_a_kind_stands_for_all(pairs, expected):
    assert first_of_kind(5, np.array(pairs, dtype=np.int64).reshape(-1, 2)).tolist() == expected


@pytest.mark.parametrize(
    "served",
    [
        lambda image: encoded(image.resize((96, 96), Image.Resampling.BICUBIC)),
        lambda image: encoded(image.resize((48, 48), Image.Resampling.LANCZOS)),
        lambda image: encoded(image, "JPEG", quality=95),
        lambda image: encoded(ImageEnhance.Brightness(image).enhance(0.96)),
    ],
    ids=["larger", "smaller", "jpeg", "darker"],
)
def test_a_picture_served_anew_is_a_copy(corpus, picture, served):
    images = [encoded(picture(number)) for number in range(6)]
    copies = album(corpus, [*images, *(served(picture(number)) for number in range(6))])
    assert near_pairs(copies, copies, **NEAR).tolist() == [[n, n + 6] for n in range(6)]


def heart(colour):
    pixels = np.full((64, 64, 3), 255, dtype=np.uint8)
    pixels[10:50, 14:50] = colour
    return encoded(Image.fromarray(pixels))


def test_the_same_shape_in_another_colour_is_no_copy(corpus):
    hearts = album(corpus, [heart((230, 30, 30)), heart((30, 140, 30))])
    assert hearts.records["perceptual_hash"].nunique() == 1  # the hash sees no colour
    assert near_pairs(hearts, hearts, **NEAR).tolist() == []
    assert near_pairs(hearts, hearts, max_bits=12, max_levels=255).tolist() == [[0, 1]]


def test_an_exact_duplicate_names_the_first(corpus, picture):
    red, blue = encoded(picture(1)), encoded(picture(2))
    _, records = corpus("c", [{"image": image} for image in (red, blue, red, red)])
    assert [None if value != value else value for value in exact_duplicates(records)] == [None, None, "c/0", "c/0"]


def test_a_near_duplicate_names_the_first(corpus, picture):
    images = [encoded(picture(1)), encoded(picture(2)), encoded(picture(1), "JPEG", quality=90)]
    found = near_duplicates(album(corpus, images, "c"), **NEAR)
    assert [None if value != value else value for value in found] == [None, None, "c/0"]


def test_copies_of_evaluation_images_are_named(corpus, picture):
    seen = [encoded(picture(3)), encoded(picture(4)), encoded(picture(5), "JPEG", quality=90)]
    unseen = album(corpus, [encoded(picture(4)), encoded(picture(5))], "unseen")
    found = copies_of_evaluation(album(corpus, seen, "c"), unseen, **NEAR)
    assert [None if value != value else value for value in found] == [None, "unseen/0", "unseen/1"]


def test_broken_files_are_copies_of_nothing(corpus):
    error_page = b"<html>404</html>"
    unseen = album(corpus, [error_page], "unseen")
    assert copies_of_evaluation(album(corpus, [error_page], "c"), unseen, **NEAR).empty

"""What is measured of a record; what has no meaning is missing."""

import pandas as pd
import pytest

from components.validate.facts import facts_of


def fact(name, **record):
    whole = {
        "id": "s/0",
        "bytes": 9,
        "width": 40,
        "height": 20,
        "caption": "a part",
        "language": "en",
        "licence": "MIT",
    }
    value = facts_of(pd.DataFrame([whole | record]))[name].iloc[0]
    return None if pd.isna(value) else value


@pytest.mark.parametrize(("name", "expected"), [("short_side_px", 20), ("long_side_px", 40), ("aspect_ratio", 2.0)])
def test_sides_of_a_lying_image(name, expected):
    assert fact(name) == expected
    assert fact(name, width=20, height=40) == expected  # standing


@pytest.mark.parametrize("name", ["short_side_px", "long_side_px", "aspect_ratio"])
def test_a_broken_image_has_no_sides(name):
    assert fact(name, width=0, height=0) is None


def test_a_missing_image_is_not_also_a_broken_one():
    assert fact("width", width=0, height=0, bytes=0) is None
    assert fact("width", width=0, height=0) == 0


@pytest.mark.parametrize(
    ("caption", "language", "words", "characters"),
    [
        ("a hex bolt", "en", 3, None),
        ("  sprocket\n", "en", 1, None),
        ("六角ボルト M4", "ja", None, 7),  # 5 + 2, the blank does not count
        ("鋲", "ja", None, 1),
        ("", "en", None, None),
        ("\u3000 ", "ja", None, None),
    ],
    ids=["three-words", "one-word", "japanese", "one-sign", "empty", "wide-blank"],
)
def test_captions_are_measured_in_the_way_of_their_language(caption, language, words, characters):
    assert fact("caption_words", caption=caption, language=language) == words
    assert fact("caption_characters", caption=caption, language=language) == characters
    assert (fact("caption_length", caption=caption, language=language) > 0) == ((words or characters) is not None)

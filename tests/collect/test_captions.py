"""Captions name what was drawn, in two languages, within a catalogue's length."""

import numpy as np
import pytest

from components.collect.captions import (
    METALS,
    SYNONYMS,
    VAGUE_EN,
    VAGUE_JA,
    article,
    english_text,
    japanese_text,
    known_names,
    write_caption,
)
from components.collect.parts import CLASS_NAMES, KINDS, Part, draw_part
from components.collect.styles import METALS as COLOURS
from components.collect.styles import STYLES

PARTS = [draw_part(number, np.random.default_rng(number)) for number in range(len(CLASS_NAMES))]


def named(part: Part, text: str) -> bool:
    return any(name.lower() in text.lower() for name in known_names(part.label))


def captions(count: int, **kwargs: float) -> list[tuple[Part, str, str]]:
    rng = np.random.default_rng(11)
    chosen = [PARTS[index % len(PARTS)] for index in range(count)]
    written = [(part, write_caption(part, style="render", rng=rng, **kwargs)) for part in chosen]
    return [(part, caption.text, caption.language) for part, caption in written]


def test_every_class_has_one_name_of_its_own_in_each_language():
    assert len(CLASS_NAMES) >= 24
    names = [name.lower() for label, _ in CLASS_NAMES for name in known_names(label)]
    assert len(set(names)) == len(names), "two classes share a name"


def test_every_class_has_synonyms_and_every_metal_a_colour_and_a_word():
    assert set(SYNONYMS) == {label for label, _ in CLASS_NAMES}
    used = {metal for kind in KINDS for metal in kind.metals}
    assert used <= set(METALS)
    assert used <= set(COLOURS)


def test_seven_captions_in_ten_are_english():
    languages = [language for _, _, language in captions(2000)]
    assert languages.count("en") / 2000 == pytest.approx(0.7, abs=0.03)  # three standard deviations
    assert set(languages) == {"en", "ja"}


def test_one_caption_in_ten_names_no_class():
    unnamed = [not named(part, text) for part, text, _ in captions(2000)]
    assert np.mean(unnamed) == pytest.approx(0.1, abs=0.02)


def test_without_the_vague_share_every_caption_names_its_class():
    assert all(named(part, text) for part, text, _ in captions(1000, vague_share=0.0))


def test_a_quarter_of_the_named_captions_use_a_synonym():
    drawn = captions(2000, vague_share=0.0)
    plain = [part.label.lower() in text.lower() or dict(CLASS_NAMES)[part.label] in text for part, text, _ in drawn]
    # some synonyms contain the plain name ("chain sprocket"), so a little less than a quarter is seen
    assert 0.17 < 1 - np.mean(plain) < 0.28


def test_vague_captions_contain_no_class_name():
    for text in (*VAGUE_EN, *VAGUE_JA):
        assert not any(named(part, text) for part in PARTS), text


@pytest.mark.parametrize("style", STYLES)
def test_captions_are_short(style):
    rng = np.random.default_rng(5)
    for part in PARTS * 10:
        assert len(english_text(part, style=style, rng=rng).split()) <= 12
        assert len(japanese_text(part, style=style, rng=rng)) <= 30


@pytest.mark.parametrize(
    ("words", "expected"), [("eye bolt", "an"), ("hex nut", "a"), ("U-bolt", "a"), ("Allen bolt", "an")]
)
def test_article(words, expected):
    assert article(words) == expected

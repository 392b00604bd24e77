"""Words in pictures: Japanese is drawn, what the font lacks is left out, and words fit their place."""

import pytest

from components.lettering import drawable, fitting, font, wrapped


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("hex bolt", "hex bolt"),
        ("六角ボルト", "六角ボルト"),
        ("ø é Ω Ж 한", "ø é Ω Ж 한"),
        ("bolt مسمار", "bolt"),
        ("مسمار", ""),
    ],
)
def test_a_sign_is_drawn_if_the_font_has_it(word, shown):
    assert drawable(word) == shown


@pytest.mark.parametrize("word", ["countersunk screw of steel", "六角穴付きボルト・鋼製"])
def test_a_word_is_cut_to_its_place_and_not_more(word):
    shown = fitting(word, 13, 80)
    assert shown.endswith("…")
    assert font(13).getlength(shown) <= 80
    assert font(13).getlength(word[: len(shown)] + "…") > 80
    assert fitting("", 13, 80) == "…"


def test_lines_break_between_words_and_between_japanese_signs():
    assert wrapped("a hex bolt and a flat washer", 11, 80, 4) == ["a hex bolt and", "a flat washer"]
    assert wrapped("ローラーチェーン", 11, 34, 4) == ["ロー", "ラー", "チェー", "ン"]  # ー begins no line
    assert wrapped("1. 六角ボルトと平座金", 11, 80, 4) == ["1. 六角ボルトと", "平座金"]


def test_what_does_not_fit_the_lines_is_cut_there():
    lines = wrapped("one two three four five six seven", 11, 50, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert all(font(11).getlength(line) <= 50 for line in lines)

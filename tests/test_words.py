"""Terms of English and Japanese, in cases a reader can check by eye."""

import pytest

from components.words import readings, script, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hex Bolts", "hex bolt"),
        ("U-bolt", "U bolt"),
        ("Uボルト", "Ｕﾎﾞﾙﾄ"),
        ("butcher’s hook", "butchers hook"),
        ("ローラーチェーン", "ローラチェーン"),
        ("プーリ", "プーリー"),
        ("玉軸受", "玉軸受け"),
        ("継手", "継ぎ手"),
    ],
    ids=["inflection", "hyphen", "width", "apostrophe", "long sound", "spelling", "okurigana", "okurigana inside"],
)
def test_two_spellings_of_one_name_meet(one, other):
    assert terms(one, "en") == terms(other, "en") != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zinc-plated bolts, M16x90!", ["zinc", "plate", "bolt", "m16x90"]),
        ("Washer 1.5mm (1/4)", ["washer", "1.5mm", "1", "4"]),
        ("六角ボルトの写真", ["六角", "ボルト", "の", "写真"]),
        ("L形ブラケット・M8 steel", ["l", "形", "ブラケット", "m8", "steel"]),
        ("キー", ["キー"]),  # too short to lose its long sound
        ("🍎 … !", []),
    ],
)
def test_terms_of_one_text(text, expected):
    assert terms(text, "en") == expected


def test_a_language_has_its_own_stemmer_and_english_stands_in():
    assert terms("Schrauben", "de") == ["schraub"]
    assert terms("Schrauben", "ja") == terms("Schrauben", "en") == ["schrauben"]


@pytest.mark.parametrize(("text", "expected"), [("bolt", "en"), ("Uボルト", "ja"), ("歯車", "ja"), ("Ø 8 mm", "en")])
def test_the_script_of_a_name(text, expected):
    assert script(text) == expected


def test_a_name_is_read_as_it_stands_alone_and_as_it_stands_in_a_sentence():
    """Sudachi cuts the last two kana off as particles where nothing follows."""
    assert readings("圧縮ばね", "ja") == [["圧縮", "ば", "ね"], ["圧縮", "ばね"]]
    assert readings("六角ボルト", "ja") == [["六角", "ボルト"]]
    assert readings("hex bolts", "ja") == [["hex", "bolt"]]
    assert readings("🍎", "en") == []

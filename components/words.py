"""Texts to terms: what a caption and a name must share to say the same, whatever their inflection or width of letters.

Words of alphabets are stemmed by Snowball (https://snowballstem.org). Japanese is cut by Sudachi into its shortest
units, in their normalised spelling (Takaoka et al. 2018, https://aclanthology.org/L18-1355).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import Stemmer
from sudachipy import Dictionary, SplitMode, Tokenizer

JAPANESE = "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han as a regular expression's character range; the middle dot `・` is punctuation."""
RUN = re.compile(
    rf"(?P<japanese>[{JAPANESE}]+)"
    rf"|(?:(?![{JAPANESE}])[^\W_]|(?<=\d)\.(?=\d)|(?<=[^\W\d_])'(?=[^\W\d_]))+"  # M8x40, 1.5mm, butcher's
)
SHORTEST_LOANWORD = 4
"""Characters from which a katakana word may be written without its last long sound: ローラー and ローラ, but キー."""


def terms(text: str, language: str) -> list[str]:
    """The normalised terms of `text` in order; signs and punctuation between them are dropped.

    Args:
        text: a caption or a name in any mixture of scripts; Han is read as Japanese.
        language: ISO 639 code; its Snowball stemmer takes the words in alphabets, English's where Snowball has none.
    """
    stemmer = _stemmer(language)
    found: list[str] = []
    for run, japanese in _runs(text):
        if japanese:
            found += [_short(unit.normalized_form()) for unit in _sudachi().tokenize(run)]
        else:
            found.append(stemmer.stemWord(run))
    return found


def readings(name: str, language: str) -> list[list[str]]:
    """The different terms that `name` has alone and inside a caption, none for a name without words.

    Sudachi cuts by context: a word in hiragana may end in particles when it stands last, and be one unit before `の`.
    """
    ways = [terms(name, language)]
    if script(name) == "ja":
        *before, last = terms(name + "の", language)
        if last == "の" and before not in ways:
            ways.append(before)
    return [way for way in ways if way]


def script(text: str) -> str:
    """`ja` for a text with kana or Han in it, `en` for any other: which descriptors read naturally behind it."""
    return "ja" if any(japanese for _, japanese in _runs(text)) else "en"


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Longest stretches of one script, in one width and case, and whether each is Japanese."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
    for run in RUN.finditer(plain):
        yield run.group(), run["japanese"] is not None


def _short(term: str) -> str:
    """A katakana term without its last long sound mark, which JIS Z 8301 lets a writer drop."""
    return term[:-1] if len(term) >= SHORTEST_LOANWORD and re.fullmatch(r"[ァ-ー]+ー", term) else term


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    try:
        return Stemmer.Stemmer(language)
    except KeyError:
        return Stemmer.Stemmer("en")


@cache
def _sudachi() -> Tokenizer:
    return Dictionary(dict="small").tokenizer(mode=SplitMode.A)

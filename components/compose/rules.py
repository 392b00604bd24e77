"""The rules as tables: what each sees of an image, and which two of the things it sees must not meet.

Shape legend: N = selected images, K = things that a rule tells apart.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.compose.params import NameRules, Rules
from components.params import ParamsError, unknown_name
from components.wildcards import matching
from components.words import readings, terms

COLUMNS = {"labels": "label", "sources": "source", "licences": "licence"}
"""The column of the selection that each of the rules about names looks at."""
NO_CAPTION = "no_caption"
Find = Callable[[str, str], list[str]]


@dataclass(frozen=True)
class PairRule:
    """One rule about two images."""

    name: str
    """Its place in `compose.rules`."""
    code_N: np.ndarray
    """What the rule sees of each image, 0 to K - 1."""
    refuses_KK: np.ndarray
    """True where two things must not meet; symmetric."""
    what_K: tuple[str, ...]
    """What each code is called."""


def image_refusals(selection: pd.DataFrame, rules: Rules) -> np.ndarray:
    """For each image the rule that keeps it from all compositions, or "".

    Raises:
        ParamsError: a rule names what the selection does not have.
    """
    refused_by = np.full(len(selection), "", dtype=object)
    for name, column in COLUMNS.items():
        find = finder(rules, name, sorted(selection[column].unique()))
        excluded = [each for pattern in _of(rules, name).excluded for each in find(pattern, "excluded")]
        refused_by[selection[column].isin(excluded).to_numpy() & (refused_by == "")] = f"{name}.excluded"
    refused_by[(selection["caption"].str.strip() == "").to_numpy() & (refused_by == "")] = NO_CAPTION
    return refused_by


def pair_rules(selection: pd.DataFrame, rules: Rules) -> list[PairRule]:
    """Every rule about pairs that is set, in the order of `compose.rules`; caption similarity stands apart.

    Raises:
        ParamsError: a rule names what the selection does not have.
    """
    made = []
    if rules.across_labels:
        made.append(_same("across_labels", selection["label"]))
    if not rules.across_languages:
        same = _same("across_languages", selection["language"])
        made.append(PairRule(same.name, same.code_N, ~same.refuses_KK, same.what_K))
    for name, column in COLUMNS.items():
        made += _name_rules(name, selection[column], rules)
    if rules.attributes:
        said = [terms(*each) for each in zip(selection["caption"], selection["language"], strict=True)]
        languages = sorted(selection["language"].unique())
        made += [attribute_rule(name, values, said, languages) for name, values in rules.attributes.items()]
    return made


def attribute_rule(
    name: str, values: Sequence[str], said: Sequence[Sequence[str]], languages: Sequence[str] = ("en",)
) -> PairRule:
    """Captions that carry different values of one attribute must not meet; a caption without any may meet all.

    Args:
        values: one a value, `word | the same in another language`; words are compared as terms, whatever their
            inflection or width.
        said: each caption's terms.
        languages: those of the captions, ISO 639 codes; a word is read as each of them inflects it.

    Raises:
        ParamsError: a value has no words.
    """
    wanted = [
        [way for word in value.split("|") for language in languages for way in readings(word.strip(), language)]
        for value in values
    ]
    for value, ways in zip(values, wanted, strict=True):
        if not ways:
            raise ParamsError(
                f"params.yaml: compose.rules.attributes.{name} has `{value}`, which holds no word. Write one."
            )
    carried = [[any(_holds(each, way) for way in ways) for ways in wanted] for each in said]
    carried_KV, code_N = np.unique(np.array(carried, dtype=bool), axis=0, return_inverse=True)
    some_K = np.any(carried_KV, axis=1, keepdims=True)
    refuses_KK = some_K & some_K.T & ~np.eye(len(carried_KV), dtype=bool)
    what_K = tuple(" + ".join(np.array(values)[carried_V]) or "-" for carried_V in carried_KV)
    return PairRule(f"attributes.{name}", code_N.reshape(-1), refuses_KK, what_K)


def finder(rules: Rules, name: str, known: Sequence[str]) -> Find:
    """A look-up from a pattern, or a group's name, in a field of `name` to the known names it means.

    Raises (when called):
        ParamsError: it means none.
    """
    groups = rules.label_groups if name == "labels" else {}
    for group, patterns in groups.items():
        if group in known:
            raise ParamsError(
                f"params.yaml: compose.rules.label_groups.{group} has the name of a label. Give the group another name."
            )
        for pattern in patterns:
            _meant(pattern, known, known, f"label_groups.{group}")

    def find(pattern: str, field: str) -> list[str]:
        if pattern in groups:
            return [each for inner in groups[pattern] for each in matching(inner, known)]
        return _meant(pattern, known, [*groups, *known], f"{name}.{field}")

    return find


def _meant(pattern: str, names: Sequence[str], suggested: Iterable[str], field: str) -> list[str]:
    found = matching(pattern, names)
    if not found:
        raise ParamsError(f"params.yaml: compose.rules.{field} names `{pattern}`. {unknown_name(pattern, suggested)}")
    return found


def _same(name: str, column: pd.Series) -> PairRule:
    """Two images must not have the same value."""
    code_N, values = pd.factorize(column, sort=True)
    return PairRule(name, code_N, np.eye(len(values), dtype=bool), tuple(values))


def _name_rules(name: str, column: pd.Series, rules: Rules) -> Iterator[PairRule]:
    code_N, values = pd.factorize(column, sort=True)
    find, what_K = finder(rules, name, list(values)), tuple(values)
    ours = _of(rules, name)
    if ours.allowed:
        met_KK = np.zeros((len(values), len(values)), dtype=bool)
        for pair in ours.allowed:
            pair_KK = _pairs(pair, "allowed", find, what_K)
            _can_happen(pair, pair_KK, column, rules, name)
            met_KK |= pair_KK
        yield PairRule(f"{name}.allowed", code_N, ~met_KK, what_K)
    if ours.forbidden:
        refused = [_pairs(pair, "forbidden", find, what_K) for pair in ours.forbidden]
        yield PairRule(f"{name}.forbidden", code_N, np.any(refused, axis=0), what_K)


def _pairs(pair: list[str], field: str, find: Find, what_K: Sequence[str]) -> np.ndarray:
    """The pairs of names, either way round, that one pair of patterns means."""
    first_K, second_K = (np.isin(what_K, find(pattern, field)) for pattern in pair)
    return (first_K[:, None] & second_K[None]) | (second_K[:, None] & first_K[None])


def _can_happen(pair: list[str], pair_KK: np.ndarray, column: pd.Series, rules: Rules, name: str) -> None:
    """An allowed pair without two images that could meet would be a mistake.

    Raises:
        ParamsError: one name with itself, which has one image or, for labels, which `across_labels` keeps apart.
    """
    if not (np.diag(pair_KK).any() and pair_KK.sum() == 1):
        return
    only = sorted(column.unique())[int(pair_KK.argmax()) // len(pair_KK)]
    why = ""
    if name == "labels" and rules.across_labels:
        why = "compose.rules.across_labels keeps a label from itself. Set it to false"
    elif (column == only).sum() == 1:
        why = f"`{only}` has a single image. Find more of it"
    if why:
        field = f"compose.rules.{name}.allowed"
        raise ParamsError(f"params.yaml: {field} lets `{pair[0]}` meet `{pair[1]}`, but {why}, or remove the pair.")


def _of(rules: Rules, name: str) -> NameRules:
    ours: NameRules = getattr(rules, name)
    return ours


def _holds(said: Sequence[str], way: Sequence[str]) -> bool:
    """Whether the terms `way` stand in `said` one after the other."""
    return any(said[place : place + len(way)] == way for place in range(len(said) - len(way) + 1))

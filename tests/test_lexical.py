"""Phrases, longest names and BM25, against cases one can count and a slow plain reading."""

import math

import numpy as np
import pytest

from components.lexical import LENGTH_SHARE, SATURATION, LexicalIndex
from components.task import Label, parse_labels
from components.words import terms

CAPTIONS = [
    "hex bolts, zinc",  # 0
    "spring washer of stainless steel",  # 1
    "flat washers and a hex nut",  # 2
    "六角ボルト M8 カタログ画像",  # 3
    "a washer",  # 4
    "bolt with a hex head",  # 5: both words, no phrase
    "hex bolt",  # 6
    "",  # 7
]
INDEX = LexicalIndex.build(CAPTIONS, ["en", "en", "en", "ja", "en", "en", "en", "en"])


def rows(lines, *, partial=False, neighbours=10, index=INDEX):
    return [found.tolist() for found, _ in index.search(parse_labels(lines), neighbours, partial=partial)]


def test_a_phrase_is_found_in_any_inflection_and_under_any_name():
    assert sorted(rows(["hex bolt | 六角ボルト"])[0]) == [0, 3, 6]
    assert sorted(rows(["hex bolt"])[0]) == [0, 6]


def test_the_shorter_caption_says_it_more_closely():
    assert rows(["hex bolt"]) == [[6, 0]]


def test_a_longer_name_of_another_label_takes_its_place():
    assert sorted(rows(["washer"])[0]) == [1, 2, 4]
    washer, spring = rows(["washer", "spring washer"])
    assert (sorted(washer), spring) == ([2, 4], [1])
    assert sorted(rows(["washer | spring washer"])[0]) == [1, 2, 4]  # its own longer name takes nothing away


def test_a_name_counts_where_it_also_stands_alone():
    index = LexicalIndex.build(["a spring washer beside a washer", "a spring washer"], ["en", "en"])
    assert rows(["washer", "spring washer"], index=index)[0] == [0]


def test_partial_rows_follow_only_when_asked_and_never_under_another_labels_name():
    assert rows(["hex nut"]) == [[2]]
    assert rows(["hex nut"], partial=True)[0][0] == 2
    assert set(rows(["hex nut"], partial=True)[0][1:]) == {0, 5, 6}
    assert rows(["hex nut", "hex bolt"], partial=True)[0] == [2, 5]


def test_a_japanese_name_is_found_before_a_particle_and_at_the_end():
    index = LexicalIndex.build(["圧縮ばねの写真", "ステンレス 圧縮ばね", "ばね座金"], ["ja"] * 3)
    assert sorted(rows(["圧縮ばね"], index=index)[0]) == [0, 1]


def test_a_phrase_does_not_reach_into_the_next_caption():
    index = LexicalIndex.build(["one hex", "bolt two"], ["en", "en"])
    assert rows(["hex bolt"], index=index) == [[]]


def test_ties_go_by_row_and_neighbours_cut():
    index = LexicalIndex.build(["cam"] * 5, ["en"] * 5)
    assert rows(["cam"], neighbours=3, index=index) == [[0, 1, 2]]
    assert rows(["cam | cam plate"], neighbours=3, partial=True, index=index) == [[0, 1, 2]]


def test_a_name_without_words_or_known_words_finds_nothing():
    assert rows(["🍎", "grommet"], partial=True) == [[], []]
    assert rows(["bolt"], index=LexicalIndex.build([], [])) == [[]]
    assert rows(["bolt"], index=LexicalIndex.build(["", "…"], ["en", "en"])) == [[]]


def test_one_search_phrase_is_a_label_of_its_own():
    found, score = INDEX.phrase("hex bolts", 3)
    assert found.tolist() == [6, 0, 5]
    assert score[0] > score[1] > 0


def test_what_stands_first_is_what_the_picture_shows():
    index = LexicalIndex.build(["key for a cam", "cam with a key", "two small cams, no key"], ["en"] * 3)
    labels = parse_labels(["cam"])
    [(_, plain)] = index.search(labels, 5, partial=False)
    [(found, score)] = index.search(labels, 5, partial=False, early=1.0)
    assert found.tolist() == [1, 2, 0]  # 0, 2 and 3 terms before it
    assert score[0] == plain[0] and score[2] == pytest.approx(plain[1] / 4)


def test_bm25_of_one_term_in_two_captions():
    index = LexicalIndex.build(["cam", "pin of steel"], ["en", "en"])
    [(found, score)] = index.search([Label(("cam",))], 5, partial=False)
    inverse = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))  # in 1 of 2 captions
    length = 1 - LENGTH_SHARE + LENGTH_SHARE * 1 / 2  # 1 term, 2 on average
    assert found.tolist() == [0]
    assert score[0] == pytest.approx(inverse / (1 + SATURATION * length), rel=1e-6)


def test_rows_and_scores_agree_with_a_reading_caption_by_caption():
    rng = np.random.default_rng(5)
    words = np.array(["hex", "bolt", "nut", "wing", "flat", "washer", "steel"])
    captions = [" ".join(rng.choice(words, rng.integers(0, 7))) for _ in range(300)]
    labels = parse_labels(["nut", "hex nut | wing nut", "flat washer | washer", "hex bolt | flat hex bolt", "bolt"])
    index = LexicalIndex.build(captions, ["en"] * len(captions))
    for partial, early in ((False, 0.0), (True, 0.0), (True, 0.5)):
        found = index.search(labels, 1000, partial=partial, early=early)
        expected = search_by_loops(captions, labels, partial=partial, early=early)
        for (row_K, score_K), ranked in zip(found, expected, strict=True):
            assert row_K.tolist() == [row for row, _ in ranked]
            np.testing.assert_allclose(score_K, [score for _, score in ranked], rtol=1e-4)


def search_by_loops(captions: list[str], labels: tuple[Label, ...], *, partial: bool, early: float):
    read = [terms(caption, "en") for caption in captions]
    names = [[terms(name, "en") for name in label.names] for label in labels]

    def spans(document, name):
        return [range(at, at + len(name)) for at in range(len(document)) if document[at : at + len(name)] == name]

    def bm25(document, name):
        score = 0.0
        for term in name:
            holding = sum(term in other for other in read)
            inverse = math.log(1 + (len(read) - holding + 0.5) / (holding + 0.5))
            often, length = document.count(term), len(document) / np.mean([len(other) for other in read])
            score += inverse * often / (often + SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * length))
        return score

    answers = []
    for mine in range(len(labels)):
        whole, some = [], []
        for row, document in enumerate(read):
            stands = [
                (number, span, name)
                for number, own in enumerate(names)
                for name in own
                for span in spans(document, name)
            ]
            kept = [
                (number, span, name)
                for number, span, name in stands
                if not any(
                    other != number and set(span) < set(longer) for other, longer, _ in stands
                )
            ]  # fmt: skip
            theirs = {place for number, span, _ in kept if number != mine for place in span}
            own = [bm25(document, name) / (1 + span[0]) ** early for number, span, name in kept if number == mine]
            free = [
                bm25(document, name)
                for name in names[mine]
                if any(document[place] in name for place in range(len(document)) if place not in theirs)
            ]
            if own:
                whole.append((row, max(own)))
            elif partial and free:
                some.append((row, max(free)))
        rounded = [sorted(group, key=lambda pair: (-round(pair[1], 5), pair[0])) for group in (whole, some)]
        answers.append(rounded[0] + rounded[1])
    return answers

"""An index of captions by their words: which rows call a label by name, and how closely.

Shape legend: N = captions, T = terms of all captions in a row, V = distinct terms, M = places where a phrase stands.

BM25: Robertson and Zaragoza 2009, https://doi.org/10.1561/1500000019, by way of bm25s, https://arxiv.org/abs/2407.03618
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import numpy as np

from components.task import Label
from components.words import readings, terms

SATURATION, LENGTH_SHARE = 1.5, 0.75
"""BM25's k1 and b, as bm25s has them."""
NOBODY, SEVERAL = -1, -2
"""Who owns a place that no phrase, or phrases of several labels, cover."""

Phrase = tuple[int, ...]
"""A name as term numbers."""


@dataclass(frozen=True)
class LexicalIndex:
    """Captions as terms, the places of each term, and BM25's weights."""

    languages: tuple[str, ...]
    """Languages of the captions: a name is read in each of them."""
    vocabulary: dict[str, int]
    term_T: np.ndarray
    row_T: np.ndarray
    offset_T: np.ndarray
    """Terms of the same caption before this one."""
    place_T: np.ndarray
    """Places in `term_T`, sorted by term and then by place."""
    first_V: np.ndarray
    """Where each term's places begin in `place_T`; one entry more than terms."""
    captions: int
    bm25: bm25s.BM25 | None
    """None when no caption holds a term."""

    @classmethod
    def build(cls, captions: Sequence[str], languages: Sequence[str]) -> "LexicalIndex":
        """The index over `captions`, each in the language (ISO 639) at the same place of `languages`."""
        vocabulary: dict[str, int] = {}
        documents = [
            [vocabulary.setdefault(term, len(vocabulary)) for term in terms(caption, language)]
            for caption, language in zip(captions, languages, strict=True)
        ]
        length_N = np.array([len(document) for document in documents], dtype=np.int64)
        term_T = np.array([term for document in documents for term in document], dtype=np.int32)
        bm25 = None
        if len(vocabulary):
            logging.getLogger("bm25s").setLevel(logging.WARNING)  # it tells everyone each step of its own
            bm25 = bm25s.BM25(k1=SATURATION, b=LENGTH_SHARE, method="lucene", backend="numpy")
            bm25.index((documents, vocabulary), create_empty_token=False, show_progress=False)
        row_T = np.repeat(np.arange(len(documents), dtype=np.int32), length_N)
        return cls(
            tuple(sorted(set(languages))),
            vocabulary,
            term_T,
            row_T,
            np.arange(len(term_T)) - (length_N.cumsum() - length_N)[row_T],
            np.argsort(term_T, kind="stable"),
            np.concatenate([[0], np.bincount(term_T, minlength=len(vocabulary)).cumsum()]),
            len(documents),
            bm25,
        )

    def search(
        self, labels: Sequence[Label], neighbours: int, *, partial: bool, early: float = 0.0
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each label the rows that name it and their scores, best first, at most `neighbours`; ties by row.

        A row names a label when one of the label's names stands in it as a phrase: all its terms, one after the other.
        Where a longer name of another label covers that place (`spring washer` the `washer`), the place does not
        count. A row's score is the BM25 of the best name that stands in it.

        Args:
            partial: let rows follow that hold only some terms of a name, at places that no other label's name covers,
                scored by the BM25 of their best name. Scores compare within each of the two groups, not across.
            early: how much a name loses by standing late: its score is divided by (1 + terms before it) ** early, since
                captions name first what the picture shows, and later what goes with it. 0 is BM25 alone.
        """
        names = [self._phrases(label) for label in labels]
        places = self._uncovered(names)
        owner_T = self._owners(names, places)
        found = []
        for number, phrases in enumerate(names):
            score_N = np.zeros(self.captions, dtype=np.float32)
            any_score_N = np.zeros(self.captions, dtype=np.float32)
            for phrase, at_M in zip(phrases, places[number], strict=True):
                bm25_N = self._bm25(phrase)
                score_M = bm25_N[self.row_T[at_M]] / (1 + self.offset_T[at_M]) ** early
                np.maximum.at(score_N, self.row_T[at_M], score_M.astype(np.float32))
                if partial:
                    row_M = self._free_rows(phrase, owner_T, number)
                    any_score_N[row_M] = np.maximum(any_score_N[row_M], bm25_N[row_M])
            best = _best(score_N, neighbours)
            if partial:
                any_score_N[score_N > 0] = 0
                best = np.concatenate([best, _best(any_score_N, neighbours - len(best))])
            found.append((best, np.where(score_N[best] > 0, score_N[best], any_score_N[best])))
        return found

    def phrase(self, text: str, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows that hold `text` as a phrase, then those with only some of its terms, and their scores."""
        return self.search([Label((text,))], neighbours, partial=True)[0]

    def _phrases(self, label: Label) -> list[Phrase]:
        """A label's distinct names as the captions' terms; -1 is a term that no caption holds."""
        known = [
            tuple(self.vocabulary.get(term, -1) for term in reading)
            for name in label.names
            for language in self.languages
            for reading in readings(name, language)
        ]
        return list(dict.fromkeys(known))

    def _uncovered(self, names: Sequence[Sequence[Phrase]]) -> list[list[np.ndarray]]:
        """Where each phrase of each label begins, but for places inside a longer phrase of another label."""
        begins = [[self._places(phrase) for phrase in phrases] for phrases in names]
        owner_T = {}
        for length in {len(phrase) for phrases in names for phrase in phrases}:
            owner_T[length] = np.full(len(self.term_T), NOBODY, dtype=np.int32)
            for number, phrases in enumerate(names):
                for phrase, at_M in zip(phrases, begins[number], strict=True):
                    if len(phrase) == length:
                        _claim(owner_T[length], at_M, number)
        for number, phrases in enumerate(names):
            for place, phrase in enumerate(phrases):
                at_M = begins[number][place]
                covered_M = np.zeros(len(at_M), dtype=bool)
                for length in owner_T:
                    for back in range(length - len(phrase) + 1 if length > len(phrase) else 0):
                        owner_M = np.where(at_M >= back, owner_T[length][at_M - back], NOBODY)
                        covered_M |= (owner_M != NOBODY) & (owner_M != number)
                begins[number][place] = at_M[~covered_M]
        return begins

    def _owners(self, names: Sequence[Sequence[Phrase]], places: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """The label whose name covers each place, [T]."""
        owner_T = np.full(len(self.term_T), NOBODY, dtype=np.int32)
        for number, phrases in enumerate(names):
            for phrase, at_M in zip(phrases, places[number], strict=True):
                for step in range(len(phrase)):
                    _claim(owner_T, at_M + step, number)
        return owner_T

    def _places(self, phrase: Phrase) -> np.ndarray:
        """Where `phrase` begins, [M], ascending."""
        at_M = self._places_of_term(phrase[0])
        at_M = at_M[at_M + len(phrase) <= len(self.term_T)]
        for step, term in enumerate(phrase):
            at_M = at_M[self.term_T[at_M + step] == term]
        return at_M[self.row_T[at_M] == self.row_T[at_M + len(phrase) - 1]]  # not from one caption into the next

    def _places_of_term(self, term: int) -> np.ndarray:
        return self.place_T[self.first_V[term] : self.first_V[term + 1]] if term >= 0 else self.place_T[:0]

    def _free_rows(self, phrase: Phrase, owner_T: np.ndarray, number: int) -> np.ndarray:
        """Rows that hold a term of `phrase` where no other label's name stands."""
        at_M = np.concatenate([self._places_of_term(term) for term in phrase])
        return self.row_T[at_M[np.isin(owner_T[at_M], (NOBODY, number))]]

    def _bm25(self, phrase: Phrase) -> np.ndarray:
        known = [term for term in phrase if term >= 0]
        if self.bm25 is None or not known:
            return np.zeros(self.captions, dtype=np.float32)
        return self.bm25.get_scores_from_ids(known)


def _claim(owner: np.ndarray, at_M: np.ndarray, number: int) -> None:
    """Enter label `number` as owner of these places; a place with another owner becomes everybody's."""
    owner[at_M] = np.where(np.isin(owner[at_M], (NOBODY, number)), number, SEVERAL)


def _best(score_N: np.ndarray, most: int) -> np.ndarray:
    """Rows with a score above 0, the highest first, ties by row, at most `most`."""
    row_M = np.flatnonzero(score_N > 0)
    return row_M[np.argsort(-score_N[row_M], kind="stable")][:most]

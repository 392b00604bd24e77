"""Captions as tokens: encoded once, joined on demand.

Shape legend: N = captions, B = rows of a batch, T = context length, L = longest caption in tokens.
A row is <start> tokens <end> 0 0 …, as open_clip's text towers expect it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

CONJUNCTIONS = {
    "de": "und",
    "en": "and",
    "es": "y",
    "fr": "et",
    "it": "e",
    "ja": "と",
    "ko": "그리고",
    "nl": "en",
    "pt": "e",
    "zh": "和",
}
"""The word that joins two captions, by the first caption's language; English where the language is another.

Captions of two languages are joined in the first one's: a sentence that changes its language part-way keeps the frame
of the language it began in (Myers-Scotton 1993, Duelling Languages: the matrix language).
"""
Tokenizer = Callable[[list[str]], Tensor]


@dataclass(frozen=True)
class TokenTable:
    """Every caption of a corpus, tokenised once."""

    row_NT: Tensor
    conjunction_NL: Tensor
    """The conjunction's tokens in each caption's language, padded with 0."""

    def plain(self, rows_B: Tensor) -> Tensor:
        """The captions of `rows_B` as [B, T]."""
        return self.row_NT[rows_B]

    def joined(self, first_B: Tensor, second_B: Tensor) -> Tensor:
        """ "first and second" as [B, T]; each caption gets half the room, so that neither is silently lost."""
        return join(self.row_NT[first_B], self.row_NT[second_B], self.conjunction_NL[first_B])


def token_table(captions: Sequence[str], languages: Sequence[str], tokenizer: Tokenizer) -> TokenTable:
    """Tokenise `captions`; `languages` are ISO 639-1 codes."""
    row_NT = tokenizer(list(captions))
    words = [CONJUNCTIONS.get(language, CONJUNCTIONS["en"]) for language in languages]
    known = sorted(set(words))
    content_KL = content(tokenizer(known))
    width = max(1, int((content_KL != 0).sum(dim=1).max()))
    rows = torch.tensor([known.index(word) for word in words])
    return TokenTable(row_NT, content_KL[rows, :width])


def join(first_BT: Tensor, second_BT: Tensor, conjunction_BL: Tensor) -> Tensor:
    """Two caption rows as one row of the same length: start, first, conjunction, second, end.

    Each caption keeps at most (T - 2 - conjunction) // 2 tokens.
    """
    batch, context = first_BT.shape
    start_B1 = first_BT[:, :1]
    end_B1 = first_BT.gather(1, lengths(first_BT)[:, None] + 1)
    parts = [content(first_BT), conjunction_BL, content(second_BT)]
    room = (context - 2 - conjunction_BL.shape[1]) // 2
    conjunction_B = conjunction_BL.ne(0).sum(dim=1)
    sizes = [lengths(first_BT).clamp_max(room), conjunction_B, lengths(second_BT).clamp_max(room)]
    joined_BT = torch.zeros(batch, context + 1, dtype=first_BT.dtype)
    joined_BT[:, :1] = start_B1
    begin_B = torch.ones(batch, dtype=torch.long)
    for part_BL, size_B in zip(parts, sizes, strict=True):  # three parts, never samples
        place_L = torch.arange(part_BL.shape[1])
        inside_BL = place_L[None] < size_B[:, None]
        target_BL = torch.where(inside_BL, begin_B[:, None] + place_L[None], context)  # the last column is a bin
        joined_BT.scatter_(1, target_BL, part_BL)
        begin_B = begin_B + size_B
    joined_BT.scatter_(1, begin_B[:, None], end_B1)
    return joined_BT[:, :context].contiguous()


def lengths(row_BT: Tensor) -> Tensor:
    """Tokens between <start> and <end>, [B]: <end> has the largest number of the vocabulary; 0 is also a word ("!")."""
    return row_BT.argmax(dim=1) - 1


def content(row_BT: Tensor) -> Tensor:
    """The tokens between <start> and <end>, padded with 0, [B, T - 2]."""
    place_T = torch.arange(row_BT.shape[1] - 2)
    return torch.where(place_T[None] < lengths(row_BT)[:, None], row_BT[:, 1:-1], 0)

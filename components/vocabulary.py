"""A text tower that holds only the words its texts use, for the time of its training.

Of the 49,408 rows of CLIP's token table a small corpus uses a few hundred. The others get no gradient, yet optimiser
and moving average would carry them through every step.

Shape legend: B = texts, T = context length, U = tokens in use, V = tokens in all, W = width of the tower.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from components.clip import Clip
from components.text_tower import is_plain
from components.tokens import Tokenizer


@dataclass(frozen=True)
class Narrowed:
    """A model that knows only the tokens in use, and what it takes to widen it again."""

    clip: Clip
    """The model, with a tokenizer that numbers the tokens in use from 0; the end token keeps the largest number."""
    whole: Clip
    """What the model was before: its tokenizer."""
    used_U: Tensor
    table_VW: Tensor
    """The token table before."""

    def widened(self, clip: Clip) -> Clip:
        """`clip`, which is the narrow model or a copy of it, with every token again.

        Tokens in use are as `clip` has learned them, all others as they were. The model is changed in place.
        """
        if len(self.used_U) < len(self.table_VW):
            learned_UW = clip.towers.token_embedding.weight.detach()
            table_VW = self.table_VW.to(learned_UW.device, copy=True)
            table_VW[self.used_U] = learned_UW
            clip.towers.token_embedding = nn.Embedding.from_pretrained(table_VW, freeze=False)
        return replace(clip, tokenizer=self.whole.tokenizer)


def narrowed(clip: Clip, texts: Sequence[str]) -> Narrowed:
    """The model, changed in place, with only the tokens that `texts` use; each of them keeps its vector.

    A text tower that is not open_clip's own keeps all its tokens.
    """
    table_VW = clip.towers.token_embedding.weight.detach() if is_plain(clip.model) else torch.empty(0, 0)
    if not len(table_VW):
        return Narrowed(clip, clip, torch.empty(0, dtype=torch.long), table_VW)
    used_U = torch.unique(torch.cat([clip.tokenizer([""]), clip.tokenizer(list(texts))]))
    clip.towers.token_embedding = nn.Embedding.from_pretrained(table_VW[used_U], freeze=False)
    return Narrowed(replace(clip, tokenizer=_renumbered(clip.tokenizer, used_U)), clip, used_U, table_VW)


def _renumbered(tokenizer: Tokenizer, used_U: Tensor) -> Tokenizer:
    """The same tokens by their place among those in use."""

    def renumbered(texts: list[str]) -> Tensor:
        token_BT = tokenizer(texts)
        place_BT = torch.searchsorted(used_U, token_BT).clamp_max(len(used_U) - 1)
        assert torch.equal(used_U[place_BT], token_BT), "a text uses a token that the narrowed model does not have"
        return place_BT

    return renumbered

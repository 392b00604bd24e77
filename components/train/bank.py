"""A bank of negatives: vectors of earlier batches, so that a small batch still meets many other pairs.

They come from a slow copy of both towers, whose vectors stay comparable while the student moves.
He et al. 2020, MoCo, https://arxiv.org/abs/1911.05722; Li et al. 2021, ALBEF, https://arxiv.org/abs/2107.07651

Shape legend: B = pairs in a batch, K = pairs in the bank, M = B + K candidates, D = width of the joint embedding.
*_B2 and *_K2 hold the rows of a pair and of its partner, twice the same where it stands alone.
Every *_D tensor has rows of unit length.
"""

import math
from typing import Any

import torch
from torch import Tensor

from components.clip import Clip
from components.embedder import MovingAverage, pair_vectors
from components.infonce import Contrast
from components.pairs import Batch


class NegativeBank:
    """The slow copy, and the first-in first-out queue of the pairs that it saw."""

    def __init__(self, student: Clip, size: int, momentum: float):
        width = student.architecture["embed_dim"]
        self.queue = Queue(size, width, student.device)
        self._slow = MovingAverage(student, momentum)

    @torch.no_grad()
    def vectors(self, batch: Batch, chunk: int = 0) -> tuple[Tensor, Tensor]:
        """The slow copy's unit vectors of a batch's images and captions, both [B, D], `chunk` rows at a time."""
        return pair_vectors(self._slow.averaged(), batch, chunk)

    def follow(self) -> None:
        """Move the slow copy towards the student; the first time it becomes the student."""
        self._slow.update()

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs."""
        return {"queue": self.queue.state_dict(), "slow": self._slow.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from another's `state_dict`."""
        self.queue.load_state_dict(state["queue"])
        self._slow.load_state_dict(state["slow"])


class Queue:
    """The last `size` pairs in a ring: the oldest leaves first."""

    def __init__(self, size: int, width: int, device: str = "cpu"):
        self._image_KD, self._text_KD = (torch.zeros(size, width, device=device) for _ in range(2))
        self._rows_K2 = torch.zeros(size, 2, dtype=torch.long, device=device)
        self._entered = 0

    @property
    def image_KD(self) -> Tensor:
        """Image vectors of the pairs that are in, in no order."""
        return self._image_KD[: self._entered]

    @property
    def text_KD(self) -> Tensor:
        """Their caption vectors."""
        return self._text_KD[: self._entered]

    @property
    def rows_K2(self) -> Tensor:
        """Their rows and their partners' rows."""
        return self._rows_K2[: self._entered]

    def enter(self, image_BD: Tensor, text_BD: Tensor, rows_B2: Tensor) -> None:
        """Take pairs in; of more than the queue holds, the last."""
        size, new = len(self._rows_K2), len(rows_B2)
        place_B = (self._entered + torch.arange(new, device=self._rows_K2.device))[-size:] % size
        for ring, values in ((self._image_KD, image_BD), (self._text_KD, text_BD), (self._rows_K2, rows_B2)):
            ring[place_B] = values[-size:].detach().to(ring)
        self._entered += new

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs."""
        return {"image": self._image_KD, "text": self._text_KD, "rows": self._rows_K2, "entered": self._entered}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from another's `state_dict`."""
        self._image_KD.copy_(state["image"])
        self._text_KD.copy_(state["text"])
        self._rows_K2.copy_(state["rows"])
        self._entered = state["entered"]


def bank_contrast(image_BD: Tensor, text_BD: Tensor, queue: Queue, left_out_BM: Tensor) -> Contrast:
    """A batch's pairs against each other and the bank; `left_out_BM` marks who is no negative of whom."""
    image_MD = torch.cat([image_BD, queue.image_KD.to(image_BD)])
    text_MD = torch.cat([text_BD, queue.text_KD.to(text_BD)])
    return Contrast(image_BD @ text_MD.T, text_BD @ image_MD.T, left_out_BM)


def like_captions(own_BD: Tensor, bank_KD: Tensor, quantile: float) -> Tensor:
    """Where captions are closer than that quantile of the batch's own cosines, [B, M]: likely of the same thing.

    False-negative cancellation by cosine: Huynh et al. 2022, https://arxiv.org/abs/2011.11765
    """
    cosine_BM = own_BD @ torch.cat([own_BD, bank_KD.to(own_BD)]).T
    other_BB = ~torch.eye(len(own_BD), dtype=torch.bool, device=own_BD.device)
    cosines = cosine_BM[:, : len(own_BD)][other_BB]
    return cosine_BM > cosines.kthvalue(max(1, math.ceil(quantile * len(cosines)))).values

"""The order in which a training shows its rows, with a state that can be put aside and taken up again."""

from typing import Any, Self

import torch
from torch import Generator, Tensor


class RowOrder:
    """Endless batches of row numbers: every row once per epoch, in a fresh order, no short batch within an epoch.

    `row_N` are the rows to show. The state is small whatever N is: the generator as it stood before the epoch's order
    was drawn, and how many batches of that order are taken; no data is replayed.

    Raises:
        ValueError: there are fewer rows than contrast needs.
    """

    def __init__(self, row_N: Tensor, batch: int, generator: Generator):
        if len(row_N) < 2:
            raise ValueError(
                f"There are {len(row_N)} pairs to learn from, and contrast needs at least 2. Widen "
                "retrieve's selection (retrieve.images_per_label, retrieve.least_confidence) or, for the base, "
                "pretrain.sources."
            )
        self.row_N, self.batch, self._generator = row_N, min(batch, len(row_N)), generator
        self._begin_epoch()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Tensor:
        if self._taken == len(self.row_N) // self.batch:
            self._begin_epoch()
        self._taken += 1
        return self._order_N[(self._taken - 1) * self.batch : self._taken * self.batch]

    def _begin_epoch(self) -> None:
        self._before_epoch = self._generator.get_state()
        self._order_N = self.row_N[torch.randperm(len(self.row_N), generator=self._generator)]
        self._taken = 0

    def state_dict(self) -> dict[str, Any]:
        """Where the order stands, between two batches."""
        return {"before_epoch": self._before_epoch, "taken": self._taken}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on behind the batch after which `state` was taken."""
        self._generator.set_state(state["before_epoch"])
        self._begin_epoch()
        self._taken = state["taken"]

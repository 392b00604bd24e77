"""Which rows teach an index: all but the held-out ones, drawn without ever being listed in full.

Shape legend: Q = rows kept for the card.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Taught:
    """The rows 0, 1, … of `vectors` vectors without those held out."""

    vectors: int
    held_Q: np.ndarray
    """Held-out rows, distinct, in rising order."""

    def __len__(self) -> int:
        return self.vectors - len(self.held_Q)

    def draw(self, most: int, rng: np.random.Generator) -> np.ndarray:
        """At most `most` of the rows, in rising order; memory grows with what is drawn, not with the vectors."""
        if len(self) <= most:
            return self.at(np.arange(len(self)))
        return self.at(np.sort(rng.choice(len(self), size=most, replace=False)))

    def at(self, place_N: np.ndarray) -> np.ndarray:
        """The rows at these places: as many further on as rows were held out before them."""
        return place_N + np.searchsorted(self.held_Q - np.arange(len(self.held_Q)), place_N, side="right")


def held_out(vectors: int, queries: int, seed: int) -> np.ndarray:
    """Rows for the card, in rising order: at most a tenth of them, from which nothing is learned."""
    count = min(queries, max(1, vectors // 10))
    return np.sort(np.random.default_rng(seed).choice(vectors, size=count, replace=False))

"""Near-duplicates among candidates, of one label or of several: the best of a kind stays and teaches, once.

A hash of B bits, each as +1 or -1 over sqrt(B), is a unit vector, and two hashes that differ in h bits have cosine
1 - 2 h / B; float32 adds its 256 parts of 1/256 without error. So one product of matrices serves both measures.

Shape legend: N = candidates, best first; D = width; B = 256 bits; L, R = candidates on either side of a comparison.
"""

from typing import Literal, NamedTuple

import numpy as np

from components.retrieve.guard import hash_bits

By = Literal["none", "hash", "vector", "both", "either"]
COMPARED_AT_ONCE = 1024
KEPT_AT_ONCE = 8192


class Nearness(NamedTuple):
    """When two candidates count as one picture."""

    by: By
    """The measure by which they must be near; `none` thins nothing."""
    bits: int
    """Largest difference of perceptual hashes, of 256 bits."""
    cosine: float
    """Least cosine of image vectors."""


def thin(vector_ND: np.ndarray, hash_N: list[str], nearness: Nearness, *, always_N: np.ndarray) -> np.ndarray:
    """For each candidate the position of the first kept one that it repeats, or -1 if it is itself kept: int64 [N].

    Candidates come best first and are kept one by one, unless near to one that is kept already; those in the mask
    `always_N` are kept whatever they repeat. Memory grows with N, never with its square.
    """
    count = len(vector_ND)
    repeated_N = np.full(count, -1, dtype=np.int64)
    if nearness.by == "none" or count == 0:
        return repeated_N
    pictures = _Pictures(vector_ND, hash_N, nearness)
    kept = np.empty(0, dtype=np.int64)
    for start in range(0, count, COMPARED_AT_ONCE):
        block = np.arange(start, min(start + COMPARED_AT_ONCE, count))
        for part in np.split(kept, range(KEPT_AT_ONCE, len(kept), KEPT_AT_ONCE)):
            left = block[repeated_N[block] < 0]
            _mark(repeated_N, left, part, pictures.near(left, part))
        repeated_N[always_N] = -1
        near_LL = pictures.near(block, block)
        for place, row in enumerate(block):
            if repeated_N[row] < 0:
                later = block[place + 1 :][near_LL[place, place + 1 :] & (repeated_N[block[place + 1 :]] < 0)]
                repeated_N[later[~always_N[later]]] = row
        kept = np.concatenate([kept, block[repeated_N[block] < 0]])
    return repeated_N


def _mark(repeated_N: np.ndarray, left: np.ndarray, right: np.ndarray, near_LR: np.ndarray) -> None:
    """Note for each of `left` the first of `right` that it is near to."""
    if near_LR.size:
        hit_L = near_LR.any(axis=1)
        repeated_N[left[hit_L]] = right[near_LR[hit_L].argmax(axis=1)]


class _Pictures:
    """Vectors and hashes, and which of them are near."""

    def __init__(self, vector_ND: np.ndarray, hash_N: list[str], nearness: Nearness):
        self.by = nearness.by
        self.cosine = nearness.cosine
        self.vector_ND = np.asarray(vector_ND, dtype=np.float32)
        bits_NB = hash_bits(hash_N)
        width = bits_NB.shape[1]
        self.sign_NB = np.where(bits_NB, np.float32(1), np.float32(-1)) / np.float32(np.sqrt(width))
        self.hash_cosine = 1 - 2 * nearness.bits / width

    def near(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Mask [L, R] of the pairs that count as one picture."""
        if self.by == "vector":
            return self._near_by_vector(left, right)
        near_LR = self.sign_NB[left] @ self.sign_NB[right].T >= self.hash_cosine
        if self.by == "either":
            near_LR |= self._near_by_vector(left, right)
        if self.by == "both":
            some_L, some_R = np.flatnonzero(near_LR.any(axis=1)), np.flatnonzero(near_LR.any(axis=0))  # few, as a rule
            near_LR[np.ix_(some_L, some_R)] &= self._near_by_vector(left[some_L], right[some_R])
        return near_LR

    def _near_by_vector(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.vector_ND[left] @ self.vector_ND[right].T >= self.cosine

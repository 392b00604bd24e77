"""Which of many 256-bit hashes are within a few bits of each other: exact, without comparing all with all.

Two hashes that differ in at most d bits agree entirely in at least one of d + 1 parts of the bits (the pigeonhole
principle), so only hashes with an equal part are compared. Neighbouring bits of a perceptual hash are alike; a fixed
shuffle spreads them over the parts.

Shape legend: N, M = hashes, W = 4 words of 64 bits, P = pairs.
"""

import numpy as np

from components.progress import progress

BITS = 256
SHUFFLE = np.random.default_rng(256).permutation(BITS)
COMPARED_AT_ONCE = 2_000_000


def words_of(hashes: list[str]) -> np.ndarray:
    """Hexadecimal hashes as `uint64 [N, W]`."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint64).reshape(len(hashes), BITS // 64)


def pairs_within(left_NW: np.ndarray, right_MW: np.ndarray, max_bits: int) -> np.ndarray:
    """All pairs (row of left, row of right) that differ in at most `max_bits` bits, as `int64 [P, 2]`, ordered.

    Hashes compared with themselves (`right_MW is left_NW`) give each pair once, the smaller row first.
    """
    found = [np.empty((0, 2), dtype=np.int64)]
    parts = zip(_parts(left_NW, max_bits), _parts(right_MW, max_bits), strict=True)
    for left_N, right_M in progress(parts, what="compare hashes", total=max_bits + 1, unit="parts"):
        order_M = np.argsort(right_M, kind="stable")
        first_N = np.searchsorted(right_M, left_N, side="left", sorter=order_M)
        count_N = np.searchsorted(right_M, left_N, side="right", sorter=order_M) - first_N
        for rows in _blocks(count_N):
            pairs_P2 = _expanded(rows, first_N[rows], count_N[rows], order_M)
            if right_MW is left_NW:
                pairs_P2 = pairs_P2[pairs_P2[:, 0] < pairs_P2[:, 1]]
            differing_PW = np.bitwise_count(left_NW[pairs_P2[:, 0]] ^ right_MW[pairs_P2[:, 1]])
            found.append(pairs_P2[differing_PW.sum(axis=1, dtype=np.int64) <= max_bits])
    return np.unique(np.concatenate(found), axis=0)


def _expanded(rows: np.ndarray, first: np.ndarray, count: np.ndarray, order_M: np.ndarray) -> np.ndarray:
    """Each row with each of its `count` partners, which stand in `order_M` from `first` on."""
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([np.repeat(rows, count), order_M[np.repeat(first, count) + within]], axis=1)


def _parts(words_NW: np.ndarray, max_bits: int) -> list[np.ndarray]:
    """The shuffled bits in `max_bits` + 1 parts, each as one integer per hash."""
    bits_NB = np.unpackbits(words_NW.view(np.uint8), axis=1)[:, SHUFFLE]
    parts = []
    for bits in np.array_split(bits_NB, max_bits + 1, axis=1):
        packed = np.packbits(bits[:, :64], axis=1)  # 64 bits tell enough apart; longer parts occur for small max_bits
        padded = np.zeros((len(packed), 8), dtype=np.uint8)
        padded[:, : packed.shape[1]] = packed
        parts.append(padded.view(np.uint64)[:, 0])
    return parts


def _blocks(count_N: np.ndarray) -> list[np.ndarray]:
    """Consecutive rows, so many at a time that about COMPARED_AT_ONCE pairs are compared."""
    rows = np.flatnonzero(count_N)
    if not len(rows):
        return []
    block_of = np.cumsum(count_N[rows]) // COMPARED_AT_ONCE
    return np.split(rows, np.flatnonzero(np.diff(block_of)) + 1)

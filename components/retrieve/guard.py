"""No near-copy of an evaluation image may teach: vectors and perceptual hashes must both be near.

Shape legend: N = selected images, E = evaluation images, D = width. Vectors have unit length.
"""

import numpy as np


def copies(
    vector_ND: np.ndarray,
    hash_N: list[str],
    evaluation_ED: np.ndarray,
    evaluation_hash_E: list[str],
    *,
    copy_cosine: float,
    copy_bits: int,
) -> np.ndarray:
    """Mask [N] of the images that copy an evaluation image.

    Two drawings of one class can lie close by either measure alone; a copy is close by both.
    """
    if not len(evaluation_ED) or not len(vector_ND):
        return np.zeros(len(vector_ND), dtype=bool)
    bits_E = hash_bits(evaluation_hash_E)
    mask = np.zeros(len(vector_ND), dtype=bool)
    for row, near_E in enumerate(vector_ND @ evaluation_ED.T >= copy_cosine):
        if near_E.any():
            difference = (bits_E[near_E] != hash_bits([hash_N[row]])).sum(axis=1)
            mask[row] = bool((difference <= copy_bits).any())
    return mask


def hash_bits(hashes: list[str]) -> np.ndarray:
    """Hexadecimal perceptual hashes as bits, bool [N, 256]."""
    packed = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8).reshape(len(hashes), -1)
    return np.unpackbits(packed, axis=1).astype(bool)

"""Which images are copies of which: the same file, or nearly the same picture.

A perceptual hash alone cannot say: it sees no colour and little detail, so a red heart and a green one have one hash.
It proposes pairs; a 16 × 16 miniature in colour confirms them. Measured with 12 bits and 24 levels:

* copies found, of 400 images each way (JPEG of quality 75, half size, one and a half size, 5 % brighter): 100 % of the
  synthetic drawings and of photographs, 96-100 % of part drawings, 77-92 % of emoji, whose flat areas make their hashes
  unsteady. Of copies cut by 2 % at each edge 1 %: for those the hash is no tool;
* false pairs: 0 of 93 million among the default's 13,680 images, where the nearest two drawings differ by 28 bits;
  among 4,586 emoji the hash alone proposes 104 pairs of different files (many are hearts of other colours), and 3 are
  confirmed, a comet and two others that two sets draw alike.

Shape legend: N = images, P = pairs, S = MINIATURE_SIDE.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from components.corpus import read_images
from components.validate.hamming import pairs_within, words_of

MINIATURE_SIDE = 16
PAIRS_AT_ONCE = 50_000


class Album:
    """Decodable images of one canonical corpus, ready to be compared."""

    def __init__(self, folder: Path, records: pd.DataFrame):
        self.folder = folder
        self.records = records[records["perceptual_hash"] != ""]
        self.words_NW = words_of(self.records["perceptual_hash"].tolist())

    def miniatures(self, rows: np.ndarray) -> np.ndarray:
        """The images at `rows` as `uint8 [N, S, S, 3]`."""
        images = read_images(self.folder, self.records.iloc[rows])
        miniatures = [image.resize((MINIATURE_SIDE, MINIATURE_SIDE), Image.Resampling.BICUBIC) for image in images]
        return np.array([np.asarray(miniature) for miniature in miniatures], dtype=np.uint8)


def near_pairs(left: Album, right: Album, *, max_bits: int, max_levels: int) -> np.ndarray:
    """Pairs (row of left, row of right) that show nearly the same picture, as `int64 [P, 2]`."""
    right_NW = left.words_NW if right is left else right.words_NW
    pairs_P2 = pairs_within(left.words_NW, right_NW, max_bits)
    left_rows, left_P = np.unique(pairs_P2[:, 0], return_inverse=True)
    right_rows, right_P = np.unique(pairs_P2[:, 1], return_inverse=True)
    if not len(pairs_P2):
        return pairs_P2
    left_small, right_small = left.miniatures(left_rows), right.miniatures(right_rows)
    levels = [
        np.abs(left_small[left_P[block]].astype(np.int16) - right_small[right_P[block]]).max(axis=(1, 2, 3))
        for block in np.split(np.arange(len(pairs_P2)), range(PAIRS_AT_ONCE, len(pairs_P2), PAIRS_AT_ONCE))
    ]
    return pairs_P2[np.concatenate(levels) <= max_levels]


def first_of_kind(count: int, pairs_P2: np.ndarray) -> np.ndarray:
    """For each of `count` rows the first row that it is joined to, directly or by others; itself if none."""
    joined = coo_array((np.ones(len(pairs_P2)), (pairs_P2[:, 0], pairs_P2[:, 1])), shape=(count, count))
    _, group_N = connected_components(joined, directed=False)
    _, first_of_group = np.unique(group_N, return_index=True)
    return first_of_group[group_N]


def copies_of_evaluation(corpus: Album, evaluation: Album, *, max_bits: int, max_levels: int) -> pd.Series:
    """For each record of the corpus album the id of the evaluation image that it repeats, missing if none."""
    known = evaluation.records.drop_duplicates("sha256").set_index("sha256")["id"]
    copied = corpus.records["sha256"].map(known)
    near_P2 = near_pairs(corpus, evaluation, max_bits=max_bits, max_levels=max_levels)
    rows, first = np.unique(near_P2[:, 0], return_index=True)
    near = pd.Series(
        evaluation.records["id"].to_numpy()[near_P2[first, 1]], index=corpus.records.index[rows], dtype="str"
    )
    return copied.fillna(near.reindex(copied.index)).astype("str")


def exact_duplicates(records: pd.DataFrame) -> pd.Series:
    """For each record the id of the first record with the very same file, missing for that first one."""
    first = records.groupby("sha256", sort=False)["id"].transform("first")
    return first.where(records["sha256"].duplicated()).astype("str")


def near_duplicates(album: Album, *, max_bits: int, max_levels: int) -> pd.Series:
    """For each record of the album the id of the first record of its kind, missing for that first one."""
    pairs_P2 = near_pairs(album, album, max_bits=max_bits, max_levels=max_levels)
    first_N = first_of_kind(len(album.records), pairs_P2)
    ids = album.records["id"]
    return pd.Series(ids.to_numpy()[first_N], index=ids.index, dtype="str").where(first_N != np.arange(len(ids)))

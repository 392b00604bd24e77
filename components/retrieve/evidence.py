"""From label names to candidates: every kind of evidence is asked, and the answers are fused.

Shape legend: P = queries of one label, K = neighbours of one query, R = candidate rows, M = corpus, D = width.
All vectors have unit length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.fusion import Evidence, fuse
from components.lexical import LexicalIndex
from components.moments import Moments, carried
from components.outputs import DECIMALS
from components.progress import progress
from components.retrieve.augmentation import Encode, augmented_prompts
from components.retrieve.calibration import Trust, believed, borne_out
from components.retrieve.params import RetrieveParams
from components.task import Label, Task, fill
from components.vector_index import VectorIndex


@dataclass(frozen=True)
class Searchable:
    """The corpus as the three kinds of evidence see it."""

    image: VectorIndex
    caption: VectorIndex
    words: LexicalIndex | None
    """None where the words have no weight."""
    image_MD: np.ndarray
    caption_MD: np.ndarray
    moments: dict[str, Moments]


@dataclass(frozen=True)
class Found:
    """What the evidence says, fused."""

    candidates: pd.DataFrame
    """Every label's candidates: `label` (its number), `row`, `score`, `agreement`, `query`, `cosine`."""
    trusts: dict[str, Trust]
    """For `image` and `caption` vectors how far the captions' words bear them out."""


def gather(
    task: Task, encode: Encode, corpus: Searchable, descriptors: Mapping[str, Sequence[str]], params: RetrieveParams
) -> Found:
    """Ask every kind of evidence about every label, and fuse the answers.

    Args:
        descriptors: for each script what follows the names in it, as `augmentation.chosen_descriptors` gives it.

    Raises:
        ValueError: no kind of evidence has any weight.
    """
    named = _named(task, corpus, params)
    words = _words(task, named, corpus, params)
    found = []
    for number, label in enumerate(progress(task.labels, what="retrieve", total=len(task.labels), unit="labels")):
        found.append([*_vectors(label, task, encode, corpus, descriptors, params), *words[number]])
    trusts = borne_out(found, named)
    if params.calibrated:
        found = believed(found, named, trusts)
    tables = []
    for number, label in enumerate(task.labels):
        fused = fuse(found[number], params.scoring)
        plain_PD = encode([fill(template, name) for template in task.templates for name in label.names])
        cosine_R = best_cosine(plain_PD, fused["row"].to_numpy(), corpus.image_MD, corpus.caption_MD)
        tables.append(fused.assign(label=number, cosine=cosine_R))
    return Found(pd.concat(tables, ignore_index=True), trusts)


def _vectors(
    label: Label,
    task: Task,
    encode: Encode,
    corpus: Searchable,
    descriptors: Mapping[str, Sequence[str]],
    params: RetrieveParams,
) -> list[Evidence]:
    """What the image vectors and the caption vectors say of one label."""
    sides = {"image": (corpus.image, params.image_weight), "caption": (corpus.caption, params.caption_weight)}
    if not any(weight for _, weight in sides.values()):
        return []
    queries = augmented_prompts(label, task.templates, descriptors)
    query_PD = encode(queries)
    moved_PD = carried(query_PD, corpus.moments["text"], corpus.moments["image"], params.gap_removal)
    found = []
    for kind, (index, weight) in sides.items():
        if weight > 0:
            asked_PD = moved_PD if kind == "image" else query_PD
            row_PK = index.search(asked_PD, min(params.neighbours, index.vectors))[1]
            found.append(Evidence(kind, queries, row_PK, weight))
    return found


def _named(task: Task, corpus: Searchable, params: RetrieveParams) -> list[np.ndarray]:
    """For each label the rows whose captions name it, best first: a longer name of another label beats a shorter one.

    None where the words are not asked.
    """
    if corpus.words is None:
        return [np.empty(0, dtype=np.int64) for _ in task.labels]
    found = corpus.words.search(task.labels, corpus.words.captions, partial=False, early=params.words_early)
    return [row_N for row_N, _ in found]


def _words(task: Task, named: Sequence[np.ndarray], corpus: Searchable, params: RetrieveParams) -> list[list[Evidence]]:
    """The lexical evidence of each label: the first of `named`, or with `words_partial` the nearest to its names."""
    if corpus.words is None:
        return [[] for _ in task.labels]
    if params.words_partial:
        found = corpus.words.search(task.labels, params.neighbours, partial=True, early=params.words_early)
        named = [row_K for row_K, _ in found]
    return [
        [Evidence("words", [" | ".join(label.names)], row_N[None, : params.neighbours], params.words_weight)]
        for label, row_N in zip(task.labels, named, strict=True)
    ]


def best_cosine(plain_PD: np.ndarray, row_R: np.ndarray, *sides: np.ndarray) -> np.ndarray:
    """The largest cosine of each row to a plain prompt, by its image or by its caption, -1 to 1."""
    if not len(row_R):
        return np.empty(0)
    cosines = [(np.asarray(vector_MD[row_R]) @ plain_PD.T).max(axis=1) for vector_MD in sides]
    return np.max(cosines, axis=0).astype(np.float64).round(DECIMALS)

"""From label names to the selection, in one call: descriptors, candidates, review, conflicts, guard, choice.

Shape legend: E = evaluation images, D = width.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from components.retrieve.augmentation import Encode, chosen_descriptors
from components.retrieve.calibration import Trust
from components.retrieve.choose import Choice, choose
from components.retrieve.descriptors import read_pool
from components.retrieve.evidence import Searchable, gather
from components.retrieve.guard import copies
from components.retrieve.params import RetrieveParams
from components.retrieve.review import obey, read_review, rejected_by_label
from components.retrieve.select import empty_places, lost_claims, settle_conflicts
from components.retrieve.thin import Nearness
from components.task import Task


@dataclass(frozen=True)
class Evaluation:
    """What the guard may know of the evaluation images: their vectors and perceptual hashes, no label."""

    image_ED: np.ndarray
    hash_E: list[str]


@dataclass(frozen=True)
class Selected:
    """The selection, and what became of everything else."""

    chosen: pd.DataFrame
    """label (its number), row, rank, score, agreement, confidence, cosine, rivals, query, accepted."""
    dropped: pd.DataFrame
    """label, row and reason of every other candidate."""
    descriptors: dict[str, list[str]]
    """What prompts in each script were widened with."""
    candidates: int
    conflicts: int
    """Images that more than one label found."""
    empty_places: int
    """Places that a source's quota left empty although images were at hand."""
    rejected: dict[str, int]
    """Images that a person rejected, for each label under which they were; "" for those that no label found."""
    trusts: dict[str, Trust]
    """For `image` and `caption` vectors how far the captions' words bear them out."""


def select(
    records: pd.DataFrame,
    task: Task,
    encode: Encode,
    corpus: Searchable,
    evaluation: Evaluation,
    review: Path,
    params: RetrieveParams,
) -> Selected:
    """Everything `retrieve` decides, without reading an image or writing a file.

    Raises:
        ValueError: the settings or the review cannot be followed; the message names the file and the mend.
    """
    decided = read_review(review, ids=records["id"], labels=task.names)
    descriptors = _descriptors(task, encode, params)
    found = gather(task, encode, corpus, descriptors, params)
    claims, rejected = obey(found.candidates, decided, ids=records["id"], labels=task.names, file=review)
    settled = settle_conflicts(claims)
    choice = _choice(settled, records, corpus.image_MD, evaluation, params)
    short = empty_places(choice.chosen, choice.dropped, images_per_label=params.images_per_label)
    refused = rejected_by_label(decided, rejected, ids=records["id"], labels=task.names)
    return Selected(
        choice.chosen,
        pd.concat([rejected, lost_claims(claims, settled), choice.dropped], ignore_index=True),
        descriptors,
        candidates=len(found.candidates),
        conflicts=int((settled["rivals"] > 0).sum()),
        empty_places=int(short.sum()),
        rejected={str(label): int(count) for label, count in refused.items()},
        trusts=found.trusts,
    )


def _descriptors(task: Task, encode: Encode, params: RetrieveParams) -> dict[str, list[str]]:
    return chosen_descriptors(
        params.augmentation.choice,
        encode,
        task.labels,
        task.templates,
        read_pool(params.augmentation.descriptors_file),
        clusters=params.augmentation.clusters,
        keep=params.augmentation.keep,
        seed=params.seed,
    )


def _choice(
    settled: pd.DataFrame,
    records: pd.DataFrame,
    image_MD: np.ndarray,
    evaluation: Evaluation,
    params: RetrieveParams,
) -> Choice:
    """The guard against evaluation copies, then everything in the order of `choose`."""
    rows = settled["row"].to_numpy()
    copied_N = copies(
        image_MD[rows],
        list(records["perceptual_hash"].to_numpy()[rows]),
        evaluation.image_ED,
        evaluation.hash_E,
        copy_cosine=params.copy_cosine,
        copy_bits=params.copy_bits,
    )
    return choose(
        settled,
        records,
        image_MD,
        copied_N=copied_N,
        least_cosine=params.least_cosine,
        least_confidence=params.least_confidence,
        nearness=Nearness(params.thinning.by, params.thinning.bits, params.thinning.cosine),
        choice=params.selection.choice,
        pick=params.selection.pick,
        images_per_label=params.images_per_label,
        source_share=params.source_share,
        seed=params.seed,
    )

"""What a training is asked and cannot do, or has no use for, seen before its first step.

Shape legend: N = rows that teach, T = context length.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from components.clip import Clip
from components.meetings import Composition
from components.notes import note
from components.order import RowOrder
from components.text_tower import is_plain
from components.train.params import TrainParams

NAMED = 5
"""How many labels a note names before it counts the rest."""


def check_composition(base: Clip, composition: Composition, params: TrainParams) -> None:
    """Whether this base can read compositions and these terms learn from them.

    Raises:
        ValueError: one of them cannot; the message names compose.rate and the mend.
    """
    if composition.rate > 0 and not is_plain(base.model):
        raise ValueError(
            "params.yaml: compose.rate is above 0, but captions of this base model's tokenizer cannot be joined. "
            "Set compose.rate to 0, or choose a base with open_clip's own tokenizer."
        )
    if composition.rate > 0 and not params.learns_from_pairs():
        raise ValueError(
            "params.yaml: compose.rate is above 0, but every term of train over pairs is 0, and compositions teach "
            "nothing else. Set compose.rate to 0, or raise one of train.terms, or "
            "train.robust.rince or train.balance.weight."
        )
    if composition.rate == 1 and params.robust.clean_from_epoch > 0:
        raise ValueError(
            "params.yaml: compose.rate is 1, and train.robust.clean_from_epoch judges pairs that stand alone: there "
            "are none. Lower compose.rate, or set train.robust.clean_from_epoch to 0."
        )


def check_captions(captions: Sequence[str], token_NT: Tensor, params: TrainParams) -> None:
    """Whether captions tell pairs apart, where a term asks them.

    Raises:
        ValueError: to this base's tokenizer all captions that teach are the same.
    """
    if params.learns_from_pairs() and bool((token_NT == token_NT[0]).all()):
        raise ValueError(
            f"params.yaml: all {len(token_NT):,} captions of the selection are `{captions[0]}`, and pairs with one "
            "caption teach nothing. Add a source with captions of its own to collect.corpus, or learn from labels "
            "alone: set train.terms.contrastive, the other weights of train.terms, train.robust.rince and "
            "train.balance.weight to 0, and train.soft_target to 1."
        )


def note_if_nobody_meets(composition: Composition, order: RowOrder) -> None:
    """Say that nothing is composed where a batch holds all who might meet."""
    if composition.rate > 0 and order.batch == len(order.row_N):
        words = (
            f"compose.rate is {composition.rate:g}, but each batch holds all {len(order.row_N):,} images that teach, "
            "and an image is composed with none of its own batch: nothing is composed. Lower "
            "train.optimiser.batch_pairs, or set compose.rate to 0."
        )
        note("train", words)


def note_idle_ideas(rows: int, batch: int, params: TrainParams) -> None:
    """Say which ideas the settings ask for and a training on `rows` in batches of `batch` pairs has no use for."""
    bank, robust, steps = params.bank, params.robust, params.optimiser.steps
    if bank.size > 0 and not params.has_bank(rows):
        words = (
            f"train.bank.size is {bank.size}, but batches of {batch} pairs are larger than train.bank.most_batch_pairs "
            f"({bank.most_batch_pairs}): there is no bank. Raise that, or set train.bank.size to 0."
        )
        note("train", words)
    if robust.clean_from_epoch > 0 and steps <= robust.clean_from_epoch * (rows // batch):
        words = (
            f"train.robust.clean_from_epoch is {robust.clean_from_epoch}, but {steps} steps of {batch} pairs end "
            f"before that pass over the {rows:,} pairs does: none is weighed. Lower it, or raise train.optimiser.steps."
        )
        note("train", words)


def note_unjudged(labels: pd.Series, known_N: np.ndarray, held_out_N: Tensor) -> None:
    """Say which labels no held-out image speaks for, where any are held out; `known_N` is true where the base knows."""
    judged = set(labels.iloc[held_out_N.numpy()])
    counts = labels[~labels.isin(judged)].value_counts().sort_index()
    if not judged or counts.empty:
        return
    new = labels[~known_N].value_counts()
    named = [f"`{name}` ({count}, {new.get(name, 0)} of them new to the base)" for name, count in counts.items()]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    words = (
        f"checks and interpolation do not hear {len(named)} of {labels.nunique()} labels, for a held-out image takes "
        f"two images of which the base does not know one: {', '.join(named[:NAMED])}{more}. To let them judge, widen "
        "the selection (retrieve.images_per_label, retrieve.least_confidence) or shorten pretrain.sources."
    )
    note("train", words)

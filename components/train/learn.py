"""The student: a copy of the base model, taught by the selection under the plan of compositions.

Nothing here knows a single term of the loss: vectors go in, `StudentTerms` gives terms back.
"""

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from torch import Generator, Tensor

from components.checkpoint import Stateful
from components.chunked import say_if_norms_see_chunks
from components.clip import Clip
from components.embedder import (
    MovingAverage,
    compiled,
    frozen_copy,
    logit_scale,
    pair_vectors,
    seeded,
    text_vectors,
)
from components.fit import Fit, StepReport
from components.gathered import check_shares, gather_batch_norms, is_first
from components.meetings import Composition
from components.order import RowOrder
from components.pairs import Batch, pair_batches
from components.text_tower import is_plain
from components.tokens import CONJUNCTIONS, token_table
from components.train.held_out import FIGURE, HeldOut, Stopping
from components.train.interpolate import best_share, curve, interpolated
from components.train.lessons import Lessons
from components.train.params import TrainParams
from components.train.rows import numbered
from components.train.terms import StudentTerms
from components.vocabulary import narrowed

STATISTICS_BATCHES = 8
"""Training batches that batch normalisation gets its statistics from after an interpolation."""


@dataclass(frozen=True)
class Kept:
    """The model that is kept, where it stands between base (0) and student (1), and what was seen on the way."""

    clip: Clip
    student_share: float
    interpolation: pd.DataFrame | None
    """Columns student_share and held_out_agreement; None where nothing was compared."""


class Student:
    """A model in training and its moving average, which is what is kept."""

    def __init__(self, base: Clip, lessons: Lessons, params: TrainParams):
        check_composition(base, lessons.composition, params)
        captions, languages = (list(lessons.selection[name]) for name in ("caption", "language"))
        prompts = [prompt for template in lessons.task.templates for prompt in lessons.task.prompts(template)]
        self.narrow = narrowed(base, [*captions, *CONJUNCTIONS.values(), *prompts])
        base = self.narrow.clip
        self.clip, self.lessons, self.params = base, lessons, params
        self.teacher = frozen_copy(base)
        self.average = MovingAverage(base, params.average_decay)
        self.tokens = token_table(captions, languages, base.tokenizer)
        check_captions(captions, self.tokens.row_NT[lessons.taught_N], params)
        labels = list(lessons.selection["label"])
        rows = numbered(labels, self.tokens.row_NT, lessons.taught_N, lessons.task, base.tokenizer)
        self.terms = StudentTerms(base, self.teacher, rows, params)
        self.held_out = HeldOut(lessons) if len(lessons.held_out_N) else None
        self.stopping = Stopping(params.patience)
        base.model.train()
        say_if_norms_see_chunks("train", base.model, params.optimiser.chunk_pairs)
        gather_batch_norms(base.model)
        if params.machine.compile:
            compiled(base)
        order, self.drawing = seeded(params.machine.seed, 0, 1)
        self.order = RowOrder(lessons.taught_N, params.optimiser.batch_pairs, order)
        say_what_is_idle(len(lessons.taught_N), self.order.batch, params)
        say_if_nobody_meets(lessons.composition.among(lessons.taught_N), self.order)
        check_shares(self.order.batch, "train")
        batches = self.batches(self.order, self.drawing)
        self.steps = Fit(
            base.model, batches, self.terms_of, params.optimiser, self.ids_of, self.after_step, stage="train"
        )

    def batches(self, order: Iterator[Tensor], drawing: Generator) -> Iterator[Batch]:
        """Batches of the taught rows, none of them composed with a held-out one."""
        lessons = self.lessons
        composition = lessons.composition.among(lessons.taught_N)
        return pair_batches(lessons.pixels, self.tokens, order, self.params.augmentation, composition, drawing)

    def fit(self) -> Iterator[StepReport]:
        """Train; one report a step, until the steps are taken or the held-out images say stop."""
        if self.stopping.over:  # resumed behind its end
            return
        for report in self.steps:
            yield self._checked(report) if self._is_check(report.step) else report
            if self.stopping.over:
                return

    def _is_check(self, step: int) -> bool:
        how = self.params
        return self.held_out is not None and ((step + 1) % how.check_every == 0 or step + 1 == how.optimiser.steps)

    def _checked(self, report: StepReport) -> StepReport:
        assert self.held_out is not None
        agreement = self.held_out.agreement(self.average.averaged())
        self.stopping.note(agreement, report.step, self.average.state_dict())
        return replace(report, figures={FIGURE: agreement})

    def terms_of(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """The weighted terms of one batch."""
        chunk = self.params.optimiser.chunk_pairs
        image_BD, text_BD = pair_vectors(self.clip, batch, chunk)
        class_CT = self.terms.class_tokens(step)
        class_CD = None if class_CT is None else text_vectors(self.clip, class_CT, chunk)
        terms = self.terms.of(image_BD, text_BD, class_CD, logit_scale(self.clip), batch, step)
        return {**terms, **self.terms.weights_penalty(self.clip.model)}

    def after_step(self, batch: Batch, step: int) -> None:
        """The average and the terms follow the step."""
        self.average.update()
        self.terms.after_step(batch, step)

    def ids_of(self, batch: Batch) -> list[str]:
        """The records of a batch, compositions with their partners."""
        return batch.names(list(self.lessons.selection["id"]))

    @property
    def parts(self) -> dict[str, Stateful | Generator]:
        """All that a step changes, the global generators apart."""
        return {
            "steps": self.steps,
            "average": self.average,
            "order": self.order,
            "drawing": self.drawing,
            "terms": self.terms,
            "stopping": self.stopping,
        }

    def kept(self) -> Kept:
        """The model that the stage leaves: the average, or the best check's, interpolated with the base."""
        if self.stopping.best_weights:
            self.average.load_state_dict(self.stopping.best_weights)
        student, how = self.average.averaged(), self.params.interpolation

        def way(share: float) -> Clip:
            return interpolated(self.teacher, student, share, self.training_images)

        table = None
        if self.held_out is not None and how.choice != "none":
            table = curve(way, how.grid, self.held_out.agreement, FIGURE)
        share = {"none": 1.0, "fixed": how.student_share}.get(how.choice)
        if share is None:
            assert table is not None
            share = best_share(table, FIGURE)
        return Kept(self.narrow.widened(way(share)), share, table)

    def training_images(self) -> Iterator[Tensor]:
        """The same few batches of augmented training images at every call, float32 [B, 3, H, W]."""
        order, drawing = seeded(self.params.machine.seed, 2, 3)
        rows = RowOrder(self.lessons.taught_N, self.params.optimiser.batch_pairs, order)
        for batch in itertools.islice(self.batches(rows, drawing), STATISTICS_BATCHES):
            yield batch.image_BCHW


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


def say_what_is_idle(rows: int, batch: int, params: TrainParams) -> None:
    """Say on standard error which ideas the settings ask for and this training has no use for."""
    bank, robust, steps = params.bank, params.robust, params.optimiser.steps
    idle = []
    if bank.size > 0 and not params.has_bank(rows):
        idle.append(
            f"train.bank.size is {bank.size}, but batches of {batch} pairs are larger than train.bank.most_batch_pairs "
            f"({bank.most_batch_pairs}): there is no bank."
        )
    if robust.clean_from_epoch > 0 and steps <= robust.clean_from_epoch * (rows // batch):
        idle.append(
            f"train.robust.clean_from_epoch is {robust.clean_from_epoch}, but {steps} steps of {batch} pairs end "
            f"before that pass over the {rows:,} pairs does: none is weighed. Lower it, or raise train.optimiser.steps."
        )
    for line in idle if is_first() else ():
        print(f"train: {line}", file=sys.stderr)


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


def say_if_nobody_meets(composition: Composition, order: RowOrder) -> None:
    """Say on standard error that nothing is composed where a batch holds all who might meet."""
    if composition.rate > 0 and order.batch == len(order.row_N) and is_first():
        print(
            f"train: compose.rate is {composition.rate:g}, but each batch holds all {len(order.row_N):,} images that "
            "teach, and an image is composed with none of its own batch: nothing is composed. Lower "
            "train.optimiser.batch_pairs, or set compose.rate to 0.",
            file=sys.stderr,
        )

"""The student: a copy of the base model, taught by the selection under the plan of compositions.

Nothing here knows a single term of the loss: vectors go in, `StudentTerms` gives terms back.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd
from torch import Generator, Tensor

from components.checkpoint import Stateful
from components.chunked import note_if_norms_see_chunks
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
from components.gathered import check_shares, gather_batch_norms
from components.order import RowOrder
from components.pairs import Batch, pair_batches
from components.tokens import CONJUNCTIONS, token_table
from components.train.checks import check_captions, check_composition, note_idle_ideas, note_if_nobody_meets
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
        note_if_norms_see_chunks("train", base.model, params.optimiser.chunk_pairs)
        gather_batch_norms(base.model)
        if params.machine.compile:
            compiled(base)
        order, self.drawing = seeded(params.machine.seed, 0, 1)
        self.order = RowOrder(lessons.taught_N, params.optimiser.batch_pairs, order)
        note_idle_ideas(len(lessons.taught_N), self.order.batch, params)
        note_if_nobody_meets(lessons.composition.among(lessons.taught_N), self.order)
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

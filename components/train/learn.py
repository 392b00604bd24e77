"""The student: a copy of the base model, taught by the selection under the plan of compositions.

Shape legend: N = selected images, B = pairs in a batch, H, W = pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from components.clip import Clip
from components.embedder import MovingAverage, frozen_copy, logit_scale, pair_vectors, seeded, text_vectors
from components.fit import StepReport, fit
from components.pairs import Batch, Composition, pair_batches, row_batches
from components.text_tower import is_plain
from components.tokens import TokenTable, token_table
from components.train.params import TrainParams
from components.train.rows import numbered
from components.train.terms import StudentTerms
from components.zeroshot import Task


@dataclass(frozen=True)
class Lessons:
    """What the student learns from: pixels uint8 [N, 3, H, W], the selection's rows in the same order, and the plan."""

    pixels: np.ndarray
    selection: pd.DataFrame
    task: Task
    composition: Composition


class Student:
    """A model in training and its moving average, which is what is kept."""

    def __init__(self, base: Clip, lessons: Lessons, params: TrainParams):
        check_composition(base, lessons.composition, params)
        self.teacher = frozen_copy(base)
        self.clip, self.params = base, params
        self.clip.model.train()
        self.average = MovingAverage(base, params.average_decay)
        selection = lessons.selection
        tokens = token_table(list(selection["caption"]), list(selection["language"]), base.tokenizer)
        rows = numbered(list(selection["label"]), tokens.row_NT, lessons.task, base.tokenizer)
        self.terms = StudentTerms(base, self.teacher, rows, params)
        self.batches = self._batches(lessons, tokens)
        self.steps_taken = 0

    def _batches(self, lessons: Lessons, tokens: TokenTable) -> Iterator[Batch]:
        order, drawing = seeded(self.params.machine.seed, 0, 1)
        rows = row_batches(len(lessons.selection), self.params.optimiser.batch_pairs, order)
        return pair_batches(lessons.pixels, tokens, rows, self.params.augmentation, lessons.composition, drawing)

    def fit(self) -> Iterator[StepReport]:
        """Train; one report a step."""
        for report in fit(self.clip.model, self.batches, self.terms_of, self.params.optimiser):
            self.average.update()
            self.terms.after_step(self._batch, report.step)
            self.steps_taken += 1
            yield report

    def terms_of(self, batch: Batch) -> dict[str, Tensor]:
        """The weighted terms of one batch: pairs against captions, plain images against the class names."""
        self._batch = batch
        image_BD, text_BD = pair_vectors(self.clip, batch)
        class_CT = self.terms.class_tokens(self.steps_taken)
        class_CD = None if class_CT is None else text_vectors(self.clip, class_CT)
        terms = self.terms.of(image_BD, text_BD, class_CD, logit_scale(self.clip), batch, self.steps_taken)
        return terms | self.terms.weights_penalty(self.clip.model)


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

"""The student: a copy of the base model, taught by the selection under the plan of compositions.

Shape legend: N = selected images, B = pairs in a batch, C = classes, T = context length, D = width.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from components.clip import Clip
from components.embedder import (
    MovingAverage,
    frozen_copy,
    image_vectors,
    logit_scale,
    pair_vectors,
    seeded,
    text_vectors,
)
from components.fit import StepReport, fit
from components.losses import pair_terms, soft_target_loss
from components.pairs import Batch, Composition, pair_batches, row_batches
from components.text_tower import is_plain
from components.tokens import token_table
from components.train.params import TrainParams
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
        if lessons.composition.rate > 0 and not is_plain(base.model):
            raise ValueError(
                "params.yaml: compose.rate is above 0, but captions of this base model's tokenizer cannot be joined. "
                "Set compose.rate to 0, or choose a base with open_clip's own tokenizer."
            )
        self.teacher = frozen_copy(base)
        self.clip, self.params = base, params
        self.clip.model.train()
        self.average = MovingAverage(base, params.average_decay)
        numbers = {name: number for number, name in enumerate(lessons.task.names)}
        self.label_N = torch.tensor([numbers[label] for label in lessons.selection["label"]])
        self.prompts = [base.tokenizer(lessons.task.prompts(template)) for template in lessons.task.templates]
        with torch.no_grad():
            self.teacher_class_CD = [text_vectors(self.teacher, prompt_CT) for prompt_CT in self.prompts]
        self.batches = self._batches(lessons)
        self.steps_taken = 0

    def _batches(self, lessons: Lessons) -> Iterator[Batch]:
        order, drawing = seeded(self.params.machine.seed, 0, 1)
        tokens = token_table(
            list(lessons.selection["caption"]), list(lessons.selection["language"]), self.clip.tokenizer
        )
        rows = row_batches(len(lessons.selection), self.params.optimiser.batch_pairs, order)
        return pair_batches(lessons.pixels, tokens, rows, self.params.augmentation, lessons.composition, drawing)

    def fit(self) -> Iterator[StepReport]:
        """Train; one report a step."""
        for report in fit(self.clip.model, self.batches, self.terms_of, self.params.optimiser):
            self.average.update()
            self.steps_taken += 1
            yield report

    def terms_of(self, batch: Batch) -> dict[str, Tensor]:
        """The weighted terms of one batch: pairs against captions, plain images against the class names."""
        image_BD, text_BD = pair_vectors(self.clip, batch)
        same_BB = batch.same_caption().to(self.clip.device)
        terms = pair_terms(image_BD, text_BD, logit_scale(self.clip), same_BB, self.params.terms)
        plain_B = ~batch.composed_B
        if self.params.soft_target > 0 and plain_B.any():
            terms["soft_target"] = self.params.soft_target * self._soft_target(image_BD, batch, plain_B)
        return terms

    def _soft_target(self, image_BD: Tensor, batch: Batch, plain_B: Tensor) -> Tensor:
        turn = self.steps_taken % len(self.prompts)  # one template a step
        with torch.no_grad():
            teacher_BD = image_vectors(self.teacher, batch.image_BCHW[plain_B])
            teacher_BC = teacher_BD @ self.teacher_class_CD[turn].T
        label_B = self.label_N[batch.row_B[plain_B]].to(self.clip.device)
        class_CD = text_vectors(self.clip, self.prompts[turn])
        return soft_target_loss(image_BD[plain_B], class_CD, label_B, teacher_BC, self.params.teacher_share)

"""Held-out images as the judge: how well a model tells them apart, and when to stop because it no longer improves.

Shape legend: N = held-out images, P = prompts (templates x classes), C = classes, T = context length, D = width.
"""

import copy
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F

from components.clip import Clip, batched
from components.embedder import text_vectors
from components.gathered import from_first
from components.train.lessons import Lessons
from components.zeroshot import balanced_accuracy

FIGURE = "held_out_agreement"
IMAGES_AT_ONCE = 256


class HeldOut:
    """The images of `lessons.held_out_N`, plain, against the class names as `evaluate` asks them."""

    def __init__(self, lessons: Lessons):
        self.lessons, self.label_N = lessons, lessons.labels()[lessons.held_out_N].numpy()
        self._prompts = [prompt for each in lessons.task.templates for prompt in lessons.task.prompts(each)]

    def agreement(self, clip: Clip) -> float:
        """Mean over the labels of the share of their held-out images that `clip` gives their pseudo-label, 0 to 1.

        Agreement and not loss decides: it is what `evaluate` measures, and does not ask how sure a model is, in which
        models of different temperature, as on the way from the base to the student, differ without being better.
        """
        clip = replace(clip, precision="fp32")
        clip.model.eval()
        images = batched(self.lessons.held_out_N.tolist(), IMAGES_AT_ONCE)
        vectors = [clip.encode_pixels(torch.from_numpy(self.lessons.pixels[rows])) for rows in images]
        with torch.no_grad():
            prompt_PD = text_vectors(clip, clip.tokenizer(self._prompts)).cpu()
        templates = len(self.lessons.task.templates)
        class_CD = F.normalize(prompt_PD.view(templates, -1, prompt_PD.shape[1]).mean(dim=0), dim=1)
        predicted_N = (torch.cat(vectors) @ class_CD.T).argmax(dim=1).numpy()
        return from_first(balanced_accuracy(self.label_N, predicted_N))


class Stopping:
    """Keeps the weights of the best check, and says when `patience` checks have passed without a better one.

    A patience of 0 never stops, and keeps nothing: the last weights are the student's.
    """

    def __init__(self, patience: int):
        self.patience = patience
        self.best_agreement, self.best_step, self.waited = -1.0, -1, 0
        self.best_weights: dict[str, Any] = {}

    @property
    def over(self) -> bool:
        """Whether training should end."""
        return 0 < self.patience <= self.waited

    def note(self, agreement: float, step: int, weights: dict[str, Any]) -> None:
        """Take a check's figure; only a strictly better one replaces the best."""
        if agreement > self.best_agreement:
            self.best_agreement, self.best_step, self.waited = agreement, step, 0
            self.best_weights = copy.deepcopy(weights) if self.patience else {}
        else:
            self.waited += 1

    def state_dict(self) -> dict[str, Any]:
        """The best check so far and how long ago it was."""
        return {name: value for name, value in vars(self).items() if name != "patience"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        vars(self).update(state)

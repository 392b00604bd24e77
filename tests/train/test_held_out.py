"""The judge: class-balanced agreement, and patience."""

import numpy as np
import pytest
import torch

from components import clip as clips
from components.train.held_out import HeldOut, Stopping
from components.zeroshot import balanced_accuracy, class_vectors
from tests.train.tiles import lessons


def test_agreement_is_the_balanced_accuracy_that_evaluate_would_measure():
    clip, taught = clips.scratch(embed_dim=32, image_px=64, seed=1), lessons()
    clip.model.eval()
    rows = taught.held_out_N.numpy()
    image_ND = clip.encode_pixels(torch.from_numpy(taught.pixels[rows])).numpy()
    predicted_N = (image_ND @ class_vectors(clip, taught.task).T).argmax(axis=1)
    expected = balanced_accuracy(np.array([0] * 4 + [1] * 4), predicted_N)
    assert HeldOut(taught).agreement(clip) == pytest.approx(expected)


def noted(patience: int, figures: list[float]) -> Stopping:
    stopping = Stopping(patience)
    for step, figure in enumerate(figures):
        if not stopping.over:
            stopping.note(figure, step, {"weight": torch.tensor(float(step))})
    return stopping


@pytest.mark.parametrize(
    ("patience", "figures", "best_step", "over"),
    [
        (2, [0.5, 0.6, 0.6, 0.55, 0.9], 1, True),  # an equal one is no better; the last is never asked for
        (2, [0.5, 0.4, 0.6, 0.5], 2, False),  # the wait begins anew behind a better one
        (0, [0.5, 0.4, 0.3, 0.2], 0, False),
    ],
    ids=["two in vain", "better in between", "off"],
)
def test_patience(patience, figures, best_step, over):
    stopping = noted(patience, figures)
    assert (stopping.best_step, stopping.over) == (best_step, over)


def test_the_best_weights_are_kept_if_they_may_be_wanted():
    assert noted(3, [0.5, 0.7, 0.6]).best_weights["weight"] == 1
    assert noted(0, [0.5, 0.7, 0.6]).best_weights == {}

"""A student small enough for a test, its lessons, and settings of `train` changed as an overlay would."""

import numpy as np
import pandas as pd
import pytest
import torch

from components import clip as clips
from components.meetings import Composition
from components.task import Task, parse_labels
from components.train.lessons import Lessons
from tests.train.changed import train_settings


@pytest.fixture
def train_params():
    """A maker of settings: the shipped ones with every term off, and then changed."""

    return train_settings


@pytest.fixture
def small():
    """An untrained model."""
    return clips.scratch(embed_dim=32, image_px=64, seed=1)


@pytest.fixture
def lessons():
    """A maker of sixteen tiles: four labels with 7, 5, 3 and 1 images, and a caption of their own each."""

    def make(composition_rate: float = 0.0) -> Lessons:
        pixels = np.random.default_rng(0).integers(0, 256, size=(16, 3, 64, 64), dtype=np.uint8)
        labels = ["red"] * 7 + ["blue"] * 5 + ["green"] * 3 + ["grey"]
        captions = [f"{label} tile {number}" for number, label in enumerate(labels)]
        table = pd.DataFrame({"id": captions, "label": labels, "caption": captions, "language": "en"})
        task = Task(parse_labels(["red", "blue", "green", "grey"]), ("{}", "a {} tile"))
        everyone = torch.arange(16)
        composition = Composition(composition_rate, "random", everyone, everyone)
        return Lessons(pixels, table, task, composition, taught_N=everyone, held_out_N=everyone[:0])

    return make


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """A second thread would wait for the first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

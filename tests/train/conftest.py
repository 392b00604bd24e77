"""A student small enough for a test, its lessons, and settings of `train` changed as an overlay would."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from components import clip as clips
from components.learning import PairTerms
from components.pairs import Composition
from components.params import check, read_yaml
from components.train.learn import Lessons
from components.train.params import TrainParams
from components.zeroshot import Task, parse_labels

ROOT = Path(__file__).parents[2]
OFF = {
    "terms": dict.fromkeys(PairTerms.model_fields, 0.0),
    "soft_target": 0.0,
    "bank": {"size": 0, "warmup_steps": 0, "similar_captions": 1.0},
    "robust": {"rince": 0.0, "clean_from_epoch": 0},
    "balance": {"weight": 0.0, "ramp_steps": 0},
    "class_balance": {"beta": 0.0, "logit_adjustment": 0.0},
    "anchor": {"logits": 0.0, "features": 0.0, "weights": 0.0},
    "optimiser": {"steps": 3, "batch_pairs": 6, "warmup_steps": 0},
    "machine": {"threads": 1},
}


@pytest.fixture
def train_params():
    """A maker of settings: the shipped ones with every term off, and then changed."""

    def make(*changes: dict) -> TrainParams:
        values = read_yaml(ROOT / "params.yaml")["train"]
        for change in (OFF, *changes):
            values = merged(values, change)
        return check(TrainParams, values, file=Path("params.yaml"), prefix="train")

    return make


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
        table = pd.DataFrame({"label": labels, "caption": captions, "language": "en"})
        task = Task(parse_labels(["red", "blue", "green", "grey"]), ("{}", "a {} tile"))
        everyone = torch.arange(16)
        return Lessons(pixels, table, task, Composition(composition_rate, "random", everyone, everyone))

    return make


@pytest.fixture(autouse=True)
def one_thread():
    """A second thread would wait for the first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def merged(old: dict, new: dict) -> dict:
    """`old` with the values of `new`, mappings merged."""
    inner = {key: merged(old[key], value) if isinstance(value, dict) and key in old else value
             for key, value in new.items()}  # fmt: skip
    return {**old, **inner}

"""Thirty-two tiles, red or blue, with noise, and a student that learns to tell them apart in a second."""

import numpy as np
import pandas as pd
import torch

from components import clip as clips
from components.embedder import seeded
from components.machine import placed
from components.meetings import Composition
from components.task import Task, parse_labels
from components.train.learn import Student
from components.train.lessons import Lessons, split
from components.train.params import TrainParams
from tests.train.changed import train_settings

PARAMS = train_settings(
    {
        "optimiser": {"steps": 12, "batch_pairs": 8, "learning_rate": 0.002, "warmup_steps": 2, "weight_decay": 0.0},
        "terms": {"contrastive": 0.5, "uniformity": 0.1, "alignment": 0.1, "cross_uniformity": 0.1},
        "soft_target": 1.0,
        "average_decay": 0.5,
        "held_out": 0.25,
        "check_every": 4,
        "interpolation": {"choice": "held_out", "student_share": 0.5, "grid": [0.0, 0.5, 1.0]},
        "augmentation": {"least_scale": 0.9, "rotation_degrees": 5, "flip": False, "colour": 0.1}
        | dict.fromkeys(("grey", "negative", "edges"), 0.0),
    },
    {"optimiser": {"checkpoint_every": 4}},
)
EVERYTHING = train_settings(
    PARAMS.model_dump(),
    {
        "terms": {"centroid_uniformity": 0.1},
        "bank": {"size": 16, "warmup_steps": 2, "most_batch_pairs": 8, "similar_captions": 0.95},
        "robust": {"rince": 1.0, "clean_from_epoch": 1, "least_weight": 0.1},
        "balance": {"weight": 0.1, "rho": 1.0, "ramp_steps": 6},
        "class_balance": {"beta": 0.9, "logit_adjustment": 0.1},
        "anchor": {"logits": 0.2, "features": 0.1, "weights": 0.01},
    },
)
"""The same with every term and everything that is remembered from step to step."""
TASK = Task(parse_labels(["red", "blue"]), ("{}", "a {} tile"))


def changed(section: str, **values) -> TrainParams:
    """The settings with other values in one of their sections."""
    return PARAMS.model_copy(update={section: getattr(PARAMS, section).model_copy(update=values)})


def lessons(share: float = PARAMS.held_out) -> Lessons:
    """Sixteen red tiles, sixteen blue ones, `share` of each held out."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 60, size=(32, 3, 64, 64), dtype=np.uint8)
    pixels[:16, 0] += 190
    pixels[16:, 2] += 190
    names = ["red"] * 16 + ["blue"] * 16
    table = pd.DataFrame(
        {
            "id": [f"shop/{row}" for row in range(32)],
            "label": names,
            "caption": [f"a {name} tile" for name in names],
            "language": "en",
        }
    )
    everyone = torch.arange(32)
    composition = Composition(0.3, "random", everyone, (everyone >= 16).long())
    return Lessons(
        pixels, table, TASK, composition, *split(table["label"], np.zeros(len(table), dtype=bool), share, *seeded(1, 4))
    )


def student(params: TrainParams = PARAMS) -> Student:
    """An untaught student."""
    base = clips.scratch(embed_dim=32, image_px=64, seed=1)
    return Student(placed(base, params.machine), lessons(params.held_out), params)

"""One vector per label, of its own words."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.clip import Clip
from components.outputs import read_json


@dataclass(frozen=True)
class Task:
    names: list[str]
    template: str


def read_task(file: Path) -> Task:
    values = read_json(file)
    return Task([label["name"] for label in values["labels"]], values["templates"][0])


def class_vectors(clip: Clip, task: Task) -> np.ndarray:
    return clip.encode_texts([task.template.format(name) for name in task.names])

"""A classifier from names alone: prompts, class vectors, predictions.

Shape legend: N = images, C = classes of the task, D = width of the joint embedding.
Every *_ND and *_CD array has rows of unit length.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.clip import Clip
from components.outputs import read_json


@dataclass(frozen=True)
class Label:
    """One class of the task: its own name first, then other names for it in any language."""

    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that stands in every table."""
        return self.names[0]


@dataclass(frozen=True)
class Task:
    """What the model is to tell apart, and the sentences the names stand in."""

    labels: tuple[Label, ...]
    templates: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Every class's own name, in order."""
        return [label.name for label in self.labels]

    def prompts(self, template: str) -> list[str]:
        """Every class's own name in one template, in order."""
        return [fill(template, label.name) for label in self.labels]


def fill(template: str, name: str) -> str:
    """The template with the name in the place of {}."""
    return template.replace("{}", name)


def parse_labels(lines: Sequence[str]) -> tuple[Label, ...]:
    """Labels from `name | other name | …` lines.

    Raises:
        ValueError: a line holds no name, or two labels share one.
    """
    labels = [Label(tuple(name.strip() for name in line.split("|") if name.strip())) for line in lines]
    if not all(label.names for label in labels):
        raise ValueError("retrieve.labels has an empty line. Write `name | other name`, or remove it.")
    owners: dict[str, Label] = {}
    for label in labels:
        for folded, name in {name.casefold(): name for name in label.names}.items():
            owner = owners.setdefault(folded, label)
            if owner is label:
                continue
            if owner.name.casefold() == label.name.casefold():
                raise ValueError(f"retrieve.labels names `{name}` twice. Remove one.")
            raise ValueError(
                f"retrieve.labels: `{owner.name}` and `{label.name}` are both called `{name}`, and nothing that is "
                "found by it tells them apart. Leave the name to one of them."
            )
    return tuple(labels)


def task_values(task: Task) -> dict[str, object]:
    """The task as `labels.json` holds it."""
    labels = [{"name": label.name, "names": list(label.names)} for label in task.labels]
    return {"labels": labels, "templates": list(task.templates)}


def read_task(file: Path) -> Task:
    """The task that `retrieve` wrote."""
    values = read_json(file)
    return Task(tuple(Label(tuple(label["names"])) for label in values["labels"]), tuple(values["templates"]))


def class_vectors(clip: Clip, task: Task) -> np.ndarray:
    """One unit vector a class, [C, D]: the mean over the templates of the prompt's vector, made unit again."""
    prompts = [prompt for template in task.templates for prompt in task.prompts(template)]
    vectors_TCD = clip.encode_texts(prompts).reshape(len(task.templates), len(task.labels), -1)
    return unit(vectors_TCD.mean(axis=0))


def unit(vectors: np.ndarray) -> np.ndarray:
    """The same rows at length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(min=1e-12)


def accuracy(label_N: np.ndarray, predicted_N: np.ndarray) -> float:
    """Share of images whose predicted class is theirs, 0 to 1."""
    return float((label_N == predicted_N).mean())


def balanced_accuracy(label_N: np.ndarray, predicted_N: np.ndarray) -> float:
    """Mean over the classes present of the share of their images that are predicted right, 0 to 1."""
    return float(np.mean([(predicted_N[label_N == each] == each).mean() for each in np.unique(label_N)]))

"""What the model is to tell apart: the label names as a person writes them, and the sentences they stand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
        raise ValueError("There is an empty line: write `name | other name`, or remove it.")
    owners: dict[str, Label] = {}
    for label in labels:
        for folded, name in {name.casefold(): name for name in label.names}.items():
            owner = owners.setdefault(folded, label)
            if owner is label:
                continue
            if owner.name.casefold() == label.name.casefold():
                raise ValueError(f"`{name}` stands there twice: remove one.")
            raise ValueError(
                f"`{owner.name}` and `{label.name}` are both called `{name}`, and nothing that is found by it tells "
                "them apart: leave the name to one of them."
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

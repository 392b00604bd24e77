"""The order of the stages, as `dvc.yaml` gives it."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from components.params import ParamsError, read_yaml


def stage_order(root: Path) -> list[str]:
    """The stages of `root`'s dvc.yaml, each after those whose outputs it reads, otherwise in the file's order.

    This is the order in which `dvc repro` visits them too, so that a new `dvc.lock` lists them alike.

    Raises:
        ParamsError: there is no dvc.yaml, or its stages read each other in a circle.
    """
    stages: dict[str, Any] = read_yaml(root / "dvc.yaml").get("stages", {})
    makers = {out: name for name, stage in stages.items() for out in outputs(stage)}
    needs = {name: {maker for out, maker in makers.items() if _reads(stage, out)} for name, stage in stages.items()}
    order: list[str] = []

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            raise ParamsError(f"dvc.yaml: {' → '.join([*trail, name])} is a circle. A stage reads only earlier ones.")
        if name not in order:
            for needed in stages:  # in the file's order
                if needed != name and needed in needs[name]:
                    visit(needed, (*trail, name))
            order.append(name)

    for name in stages:
        visit(name, ())
    return order


def stage_descriptions(root: Path) -> dict[str, str]:
    """What each stage does, in the words of `dvc.yaml`."""
    stages: dict[str, Any] = read_yaml(root / "dvc.yaml").get("stages", {})
    return {name: str(stage.get("desc", "")) for name, stage in stages.items()}


def outputs(stage: Mapping[str, Any]) -> list[str]:
    """The paths that a stage of dvc.yaml writes: outputs, metrics and plots, in the file's order."""
    entries = [*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])]
    return [next(iter(entry)) if isinstance(entry, Mapping) else str(entry) for entry in entries]


def _reads(stage: Mapping[str, Any], out: str) -> bool:
    """Whether a dependency of the stage is `out`, lies in it, or holds it."""
    made, deps = _folder(out), [_folder(str(dep)) for dep in stage.get("deps", [])]
    return any(dep.startswith(made) or made.startswith(dep) for dep in deps)


def _folder(path: str) -> str:
    """The path with a slash behind it, so that it begins the paths of all that lies in it; `.` holds everything."""
    tidy = str(PurePosixPath(path))
    return "" if tidy == "." else f"{tidy}/"

"""The points of a sweep, checked before any of them runs."""

import shutil
from pathlib import Path

import pytest

from components.params import ParamsError, read_yaml
from flows.sweep import grid_points, write_overlays

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def test_a_grid_is_every_combination_the_last_field_fastest() -> None:
    assert grid_points({"a.x": [1, 2], "a.y": [0.5, "no"]}) == [
        ["a.x=1", "a.y=0.5"], ["a.x=1", 'a.y="no"'], ["a.x=2", "a.y=0.5"], ["a.x=2", 'a.y="no"'],
    ]  # fmt: skip
    assert grid_points({}) == []


def test_each_point_becomes_an_overlay_and_params_yaml_stays(home: Path) -> None:
    before = (home / "params.yaml").read_bytes()
    points = [["train.optimiser.steps=30", "train.machine.seed=2"], ["retrieve.labels=[bolt, nut]"]]
    overlays = write_overlays(home, home / "sweeps", points)
    assert [read_yaml(file) for file in overlays] == [
        {"train": {"optimiser": {"steps": 30}, "machine": {"seed": 2}}}, {"retrieve": {"labels": ["bolt", "nut"]}},
    ]  # fmt: skip
    assert (home / "params.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([], "1 to 64 points, not 0"),
        ([["train.optimiser.steps=30"]] * 65, "not 65"),
        ([["train.optimiser.steps=30"], ["train.optimiser.stpes=3"]], "Did you mean `steps`"),
    ],
    ids=["none", "too-many", "typo"],
)
def test_a_mistake_in_any_point_starts_nothing(home: Path, points: list[list[str]], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        write_overlays(home, home / "sweeps", points)
    assert not (home / "sweeps").exists()

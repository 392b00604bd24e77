"""The order of the stages."""

import subprocess
from pathlib import Path

import pytest

from components.params import ParamsError, read_yaml
from flows.environment import child_environment, tool
from flows.form import STAGES
from flows.graph import stage_descriptions, stage_order

ROOT = Path(__file__).resolve().parents[2]

DIAMOND = """\
stages:
  last: {cmd: x, deps: [data/b, data/c/file], outs: [data/d]}
  b: {cmd: x, deps: [data/a], outs: [data/b]}
  c: {cmd: x, deps: [data/a], outs: [data/c: {cache: false}]}
  a: {cmd: x, desc: The first., outs: [data/a]}
"""


def test_each_stage_follows_what_it_reads(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text(DIAMOND)
    assert stage_order(tmp_path) == ["a", "b", "c", "last"]
    assert stage_descriptions(tmp_path)["a"] == "The first."


def test_a_circle_is_named(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages:\n  a: {deps: [y], outs: [x]}\n  b: {deps: [x], outs: [y]}\n")
    with pytest.raises(ParamsError, match="a → b → a is a circle"):
        stage_order(tmp_path)


def test_the_project_s_order_is_the_form_s() -> None:
    order = stage_order(ROOT)
    assert order == [stage for stage in STAGES if stage in order]


def test_the_order_is_dvc_s_own(toy: Path) -> None:
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=toy, env=child_environment(toy), check=True)
    assert list(read_yaml(toy / "dvc.lock")["stages"]) == stage_order(toy)


def test_a_stage_that_reads_the_whole_folder_comes_after_all(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  all: {cmd: x, deps: [.], outs: [z]}\n  a: {cmd: x, outs: [data/a]}\n"
    )
    assert stage_order(tmp_path) == ["a", "all"]

"""Identical, equivalent, different, or nothing to compare."""

import json
from pathlib import Path

import pytest

from flows.tolerance import AuditParams, Tolerance
from flows.verdict import against_commit
from flows.workspace import git

TOLERANCES = AuditParams(tolerances=[Tolerance(figures="*", relative=0.05, absolute=0.02)])
LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python -m components.train
    deps:
    - path: components/train
      md5: {code}
    params:
      params.yaml:
        train: {{steps: {steps}}}
    outs:
    - path: data/train
      md5: {out}
"""


def write(root: Path, *, code: str = "c1", steps: int = 3, out: str = "o1", accuracy: float = 0.5) -> None:
    (root / "data" / "metrics").mkdir(parents=True, exist_ok=True)
    (root / "dvc.lock").write_text(LOCK.format(code=code, steps=steps, out=out))
    (root / "data" / "metrics" / "train.json").write_text(json.dumps({"top": {"accuracy": accuracy}, "name": "x"}))


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "x@localhost")
    git(tmp_path, "init", "--quiet")
    write(tmp_path)
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "a run")
    return tmp_path


def test_the_same_bytes_are_identical(committed: Path) -> None:
    assert against_commit(committed, "HEAD", TOLERANCES).kind == "identical"


def test_other_bytes_with_figures_within_tolerance_are_equivalent(committed: Path) -> None:
    write(committed, out="o2", accuracy=0.51)  # 0.01 apart, 0.02 allowed
    verdict = against_commit(committed, "HEAD", TOLERANCES)
    assert verdict.kind == "equivalent"
    assert "The outputs of train differ in their bytes" in verdict.sentence


def test_figures_beyond_tolerance_are_different_and_named(committed: Path) -> None:
    write(committed, out="o2", accuracy=0.6)  # 0.1 apart: more than 0.02, and more than 5 % of 0.6 = 0.03
    verdict = against_commit(committed, "HEAD", TOLERANCES)
    assert verdict.kind == "different"
    assert "train.top.accuracy" in verdict.sentence


def test_other_settings_are_not_compared(committed: Path) -> None:
    write(committed, steps=4, out="o2", accuracy=0.6)
    verdict = against_commit(committed, "HEAD", TOLERANCES)
    assert verdict.kind == "incomparable"
    assert "settings differ from the committed run" in verdict.sentence


def test_changed_code_is_said(committed: Path) -> None:
    write(committed, code="c2")
    verdict = against_commit(committed, "HEAD", TOLERANCES)
    assert (verdict.kind, "The code of train has changed" in verdict.sentence) == ("equivalent", True)


def test_a_missing_figure_is_a_difference(committed: Path) -> None:
    write(committed, out="o2")
    (committed / "data" / "metrics" / "train.json").unlink()
    assert against_commit(committed, "HEAD", TOLERANCES).kind == "different"


def test_other_bytes_of_what_no_figure_measures_are_different(committed: Path) -> None:
    metrics = committed / "data" / "metrics"
    git(committed, "mv", str(metrics / "train.json"), str(metrics / "evaluate.json"))
    git(committed, "commit", "--quiet", "--all", "-m", "figures of another stage")
    write(committed, out="o2")
    (metrics / "train.json").unlink()
    verdict = against_commit(committed, "HEAD", TOLERANCES)
    assert verdict.kind == "different"
    assert "no figure says how much that of train matters" in verdict.sentence


def test_without_a_committed_lock_there_is_nothing_to_compare(committed: Path) -> None:
    git(committed, "rm", "--quiet", "--cached", "dvc.lock")
    git(committed, "commit", "--quiet", "-m", "no lock")
    assert "holds no dvc.lock" in against_commit(committed, "HEAD", TOLERANCES).sentence

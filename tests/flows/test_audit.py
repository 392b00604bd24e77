"""Recomputing a commit from nothing but its sources."""

import subprocess
from pathlib import Path

from flows.audit import audit
from flows.environment import child_environment, tool
from flows.workspace import git


def commit_a_run(toy: Path) -> None:
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=toy, env=child_environment(toy), check=True)
    git(toy, "add", "--all")
    git(toy, "commit", "--quiet", "-m", "a run")


def test_a_true_lock_is_met_byte_for_byte(toy: Path) -> None:
    commit_a_run(toy)
    assert audit(toy).kind == "identical"
    assert git(toy, "status", "--porcelain") == ""


def test_a_figure_improved_by_hand_is_found_out(toy: Path) -> None:
    commit_a_run(toy)
    figures = toy / "data" / "metrics" / "report.json"
    figures.write_text(figures.read_text().replace("1125", "2250"))
    git(toy, "commit", "--quiet", "--all", "-m", "a better figure")
    found = audit(toy)
    assert found.kind == "different"
    assert "data/metrics/report.json" in found.sentence

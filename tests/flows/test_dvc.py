"""What DVC leaves when it is killed, and what it removed for a result that never came."""

import json
import subprocess
from pathlib import Path

import pytest

from flows.dvc import earlier_result_kept, remove_broken_lock
from flows.environment import child_environment, tool
from flows.workspace import checkout


@pytest.mark.parametrize(
    ("content", "removed"),
    [("", True), ('{"data/train": {"write": {"pi', True), (json.dumps({}), False), (None, False)],
    ids=["empty", "cut off", "whole", "absent"],
)
def test_only_a_broken_lock_is_removed(tmp_path: Path, content: str | None, removed: bool) -> None:
    lock = tmp_path / ".dvc" / "tmp" / "rwlock"
    lock.parent.mkdir(parents=True)
    if content is not None:
        lock.write_text(content)
    assert remove_broken_lock(tmp_path) is removed
    assert lock.exists() is (content is not None and not removed)


def test_a_failed_stage_s_earlier_result_is_laid_out_again(toy: Path) -> None:
    subprocess.run([tool("dvc"), "repro", "--quiet"], cwd=toy, env=child_environment(toy), check=True)
    numbers, figures = toy / "data" / "collect" / "numbers.csv", toy / "data" / "metrics" / "collect.json"
    before = numbers.read_bytes(), figures.read_bytes()
    with pytest.raises(RuntimeError, match="as it happens"), earlier_result_kept("collect", checkout(toy)):
        numbers.unlink()
        numbers.parent.rmdir()
        figures.unlink()
        raise RuntimeError("as it happens")
    assert (numbers.read_bytes(), figures.read_bytes()) == before

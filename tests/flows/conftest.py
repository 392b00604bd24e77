"""A toy project: five small true stages in a git checkout of their own, run by the very code of `flows`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.environment import child_environment

ROOT = Path(__file__).resolve().parents[2]
NOUNS = (
    "__init__", "corpus", "decoding", "drift", "outputs", "params", "progress", "recent", "registry", "run_record",
    "serving", "tracking",
)  # fmt: skip
IDENTITY = {
    "GIT_AUTHOR_NAME": "toy", "GIT_AUTHOR_EMAIL": "toy@localhost",
    "GIT_COMMITTER_NAME": "toy", "GIT_COMMITTER_EMAIL": "toy@localhost",
}  # fmt: skip


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy project, committed, never run; git knows an identity and nothing calls home."""
    for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}.items():
        monkeypatch.setenv(name, value)
    for name in ("KAKEHASHI_HOME", "PREFECT_HOME", "PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return make_toy(tmp_path / "toy")


def make_toy(root: Path) -> Path:
    """Build the toy project in `root` and commit it."""
    shutil.copytree(ROOT / "tests" / "flows" / "toy", root)
    for noun in NOUNS:
        shutil.copy(ROOT / "components" / f"{noun}.py", root / "components")
    shutil.copytree(ROOT / "flows", root / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "infra", root / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    (root / ".dvc").mkdir()
    for name in (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore"):
        shutil.copy(ROOT / name, root / name)
    (root / "numbers.txt").write_text("1 2 3 4 5\n")
    with (root / ".gitignore").open("a") as ignored:
        ignored.write("numbers.txt\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "toy project")
    return root


@pytest.fixture
def run_toy(toy: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `kakehashi ARGUMENTS` in the toy project."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flows.cli", *arguments]
        env = {**child_environment(toy), "KAKEHASHI_HOME": ""}
        return subprocess.run(command, cwd=toy, env=env, capture_output=True, text=True)

    return run


def git(root: Path, *arguments: str) -> str:
    """Output of a git command in `root`."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**os.environ, **IDENTITY}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()

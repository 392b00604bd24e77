"""A toy project: five small true stages in a git checkout of their own, run by the very code of `flows`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.environment import child_environment

ROOT = Path(__file__).resolve().parents[2]
NOUNS = (
    "__init__", "corpus", "decoding", "drift", "outputs", "pages", "params", "progress", "published", "reach", "recent",
    "registry", "run_record", "serving", "stage", "task", "tracking", "views", "zeroshot",
)  # fmt: skip
IDENTITY = {
    "GIT_AUTHOR_NAME": "toy", "GIT_AUTHOR_EMAIL": "toy@localhost",
    "GIT_COMMITTER_NAME": "toy", "GIT_COMMITTER_EMAIL": "toy@localhost",
}  # fmt: skip


@pytest.fixture
def toy_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git knows an identity, and no other checkout or server is named."""
    for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}.items():
        monkeypatch.setenv(name, value)
    for name in ("KAKEHASHI_HOME", "KAKEHASHI_DATABASE", "PREFECT_HOME", "PREFECT_API_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def toy(toy_environment: None, tmp_path: Path) -> Path:
    """The toy project, committed, never run."""
    return make_toy(tmp_path / "toy")


def make_toy(root: Path) -> Path:
    """Build the toy project in `root` and commit it."""
    shutil.copytree(ROOT / "tests" / "flows" / "toy", root)
    for noun in NOUNS:
        shutil.copy(ROOT / "components" / f"{noun}.py", root / "components")
    for own in ("retrieve/review.py", "report/licences.py"):  # what flows ask of a stage's own code
        shutil.copy(ROOT / "components" / own, root / "components" / own)
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


@dataclass(frozen=True)
class Ear:
    """What `ear/sitecustomize.py` heard in every Python process of a test."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be heard, and all below it."""
        self.folder.mkdir(exist_ok=True)
        return {"EAR": str(self.folder), "PYTHONPATH": str(Path(__file__).parent / "ear")}

    def processes(self) -> list[str]:
        """Command lines."""
        return self._lines("processes")

    def outside(self) -> list[str]:
        """Hosts outside this machine that were asked for: host, how, and the command line."""
        return self._lines("outside")

    def _lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ear:
    """From now on every Python process below this one is listened to."""
    heard = Ear(tmp_path / "ear")
    for name, value in heard.environment.items():
        monkeypatch.setenv(name, value)
    return heard


def git(root: Path, *arguments: str) -> str:
    """Output of a git command in `root`."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**os.environ, **IDENTITY}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()

"""Two runs side by side by DVC alone, in the words of docs/audit.md: figures, settings, curves, a table."""

import re
import subprocess
from pathlib import Path

import pytest

from flows.dvc import dvc_does
from flows.environment import child_environment, tool
from tests.flows.conftest import IDENTITY, git, make_toy

pytestmark = pytest.mark.slow
RUNS = {"0f6c1f6e-1b5e-4d1c-9a53-3d1f0c1f22aa": "steps: 6", "9be0a1c4-77aa-4b1e-8f0d-5a5b0c9d1e2f": "steps: 3"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The toy project with two runs of other steps on their branches, and the short names of both."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(folder / "site")}.items():
            patch.setenv(name, value)
        toy = make_toy(folder / "toy")
        params = (toy / "params.yaml").read_text()
        for run, steps in RUNS.items():
            (toy / "params.yaml").write_text(params.replace("steps: 12", steps))
            dvc_does(toy, child_environment(toy), "repro", "--quiet")
            git(toy, "checkout", "--quiet", "-b", f"runs/{run}")
            git(toy, "add", "--all")
            git(toy, "commit", "--quiet", "-m", f"run {run}")
    first, second = (git(toy, "rev-parse", "--short", f"runs/{run}") for run in RUNS)
    return toy, first, second


def dvc(toy: Path, *words: str) -> str:
    env = {**child_environment(toy), "DVC_SITE_CACHE_DIR": str(toy.parent / "site"), "COLUMNS": "80"}
    done = subprocess.run([tool("dvc"), *words], cwd=toy, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def table(text: str) -> list[list[str]]:
    """The words of each line, without rules."""
    return [line.split() for line in text.splitlines() if line.strip(" ─")]


def test_figures_with_their_change(runs: tuple[Path, str, str]) -> None:
    toy, first, second = runs
    shown = dvc(toy, "metrics", "diff", first, second, "--no-path", "--precision", "2")
    assert table(shown) == [  # half is left after each step but the first: 1/32 after six, 1/4 after three
        ["Metric", first, second, "Change"],
        ["last.loss", "0.03", "0.25", "0.22"],
        ["steps", "6", "3", "-3"],
    ]
    asked = ["--targets", "data/metrics/report.json"]  # which is the same in both
    assert dvc(toy, "metrics", "diff", first, second, *asked) == ""


def test_settings(runs: tuple[Path, str, str]) -> None:
    toy, first, second = runs
    shown = dvc(toy, "params", "diff", first, second, "--no-path")
    assert table(shown) == [["Param", first, second], ["train.steps", "6", "3"]]


def test_a_table_of_runs_that_fits_a_terminal(runs: tuple[Path, str, str]) -> None:
    toy, first, second = runs
    wanted = ["--sha", "--hide-workspace", "--only-changed", "--drop", r"(?!Experiment|last\.loss|train\.)"]
    shown = dvc(toy, "exp", "show", "--no-pager", "--rev", first, "--rev", second, *wanted)
    assert table(shown) == [
        ["Experiment", "last.loss", "train.steps"],
        [first, "0.03125", "6"],
        [second, "0.25", "3"],
    ]
    assert max(map(len, shown.splitlines())) <= 80


def test_curves_and_pictures_on_a_page_that_asks_nobody(runs: tuple[Path, str, str]) -> None:
    toy, first, second = runs
    address = dvc(toy, "plots", "diff", first, second).strip()
    assert address == f"file://{toy}/dvc_plots/index.html"
    assert git(toy, "status", "--porcelain") == "", "the page would be an uncommitted change of the next run"
    text = (toy / "dvc_plots" / "index.html").read_text()
    names = set(re.findall(r"\w+://[^\s\"')]*", text))
    assert names == {
        "http://www.w3.org/2000/svg",
        "https://vega.github.io/schema/vega-lite/v5.json",
    }  # names of formats
    assert "default-src 'none'; script-src 'unsafe-inline';" in text, "the browser is to refuse what a plot would load"
    assert not re.findall(r"<script[^>]* src|<link|@import", text)


def test_the_page_shows_a_line_for_each_run_and_both_pictures(runs: tuple[Path, str, str]) -> None:
    pytest.importorskip("playwright", reason="playwright is not installed: make install")
    from tests.flows import browser

    if browser.CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    toy, first, second = runs
    address = dvc(toy, "plots", "diff", first, second).strip()
    with browser.chromium() as (page, outside):
        page.goto(address)
        assert page.locator("figure").inner_text().splitlines()[0] == "The model's loss"
        assert page.locator("figure p").all_inner_texts() == [
            f"{first}: 0.03125 at step 5",
            f"{second}: 0.25 at step 2",
        ]
        lines = page.locator("svg path[stroke]").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")
        assert [line.count("L") for line in lines] == [5, 2]  # six points and three
        widths = page.locator("img").evaluate_all("images => images.map(image => image.naturalWidth)")
        assert widths == [40, 40]
    assert outside == set()

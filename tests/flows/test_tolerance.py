"""Which tolerance a figure has, and whether two values agree within it."""

from pathlib import Path

import pytest

from components.params import ParamsError
from flows.tolerance import Tolerance, load_tolerances

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (0.50, 0.52, True),  # 0.02 apart
        (0.50, 0.53, False),  # 0.03 apart, and 5 % of 0.53 is 0.0265
        (1000, 1049, True),  # 49 apart, 5 % of 1049 is 52
        (1000, 1060, False),
        (True, 1, True),  # equal as Python has it
        ("a", "a", True),
        ("a", "b", False),
        (0.5, None, False),
    ],
)
def test_figures_agree_within_five_percent_or_two_hundredths(left: object, right: object, expected: bool) -> None:
    assert Tolerance(figures="*", relative=0.05, absolute=0.02).agree(left, right) is expected


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("collect.corpus.render.images", "collect.*: exactly"),
        ("evaluate.domains.pencil.student_balanced_accuracy", "*accuracy*: 0.01"),
        ("evaluate.gain.accuracy_points_low", "*_points*: 1"),
        ("report.net_benefit_usd_per_year", "report.*: 10% of the larger"),
        ("train.last_total", "*: 5% of the larger or 0.02"),
    ],
)
def test_each_figure_has_the_tolerance_that_the_file_states(figure: str, shown: str) -> None:
    assert str(load_tolerances(ROOT).of(figure)) == shown


def test_a_file_that_leaves_figures_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    file = tmp_path / "infra" / "operations.yaml"
    file.write_text("audit: {tolerances: [{figures: 'train.*', relative: 0.1, absolute: 0.0}]}\n")
    with pytest.raises(ParamsError, match=r"the last line of tolerances must be for every figure"):
        load_tolerances(tmp_path)

"""The figures that the page and MLflow show, gathered from a fabricated run."""

import json

import pandas as pd
import pytest

from components.report.figures import FiguresError


def test_the_first_figure_is_the_one_that_matters_and_the_interval_holds_it(fabricated_run, make_report):
    data = fabricated_run()
    make_report(data)
    figures = json.loads((data / "metrics/report.json").read_text())
    assert list(figures)[:3] == [f"net_benefit_usd_per_year{end}" for end in ("", "_low", "_high")]
    net, low, high = list(figures.values())[:3]
    assert low < net < high
    assert net == pytest.approx(500 * figures["accuracy_gain_points"] - 600, abs=1e-3)  # $500 a point, $600 of cost
    assert all(value is None or isinstance(value, int | float) for value in figures.values())


def test_figures_that_contradict_each_other_are_refused(fabricated_run, make_report):
    data = fabricated_run()
    file = data / "evaluate/predictions.parquet"
    predictions = pd.read_parquet(file)
    predictions.assign(student_label=predictions["label"]).to_parquet(file)
    with pytest.raises(
        FiguresError, match=r"`domains.line.student_accuracy` is 0\.\d+, but predictions.parquet gives 1.0"
    ):
        make_report(data)


def test_a_domain_that_only_one_file_knows_is_refused(fabricated_run, make_report):
    data = fabricated_run()
    file = data / "evaluate/predictions.parquet"
    pd.read_parquet(file).replace({"domain": {"line": "sketch"}}).to_parquet(file)
    with pytest.raises(FiguresError, match=r"`domains` is \['line', 'pencil'\]"):
        make_report(data)

"""Figures of earlier stages, and what is said when one is missing or wrong."""

import json
import re

import pandas as pd
import pytest

from components.report.figures import Figures, FiguresError, read_columns, read_png


def figures_of(folder, text: str) -> Figures:
    file = folder / "evaluate.json"
    file.write_text(text)
    return Figures(file, "evaluate")


def test_a_value_is_reached_by_its_keys_even_if_they_hold_dots(tmp_path):
    figures = figures_of(tmp_path, '{"base": {"v1.5": 2, "list": [1, {"a": 3}]}}')
    assert figures.number("base", "v1.5") == 2
    assert figures.flat() == {"base.v1.5": 2, "base.list.0": 1, "base.list.1.a": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"base": {}}', "`base.mean_accuracy` is missing."),
        ("{}", "`base` is missing."),
        ('{"base": {"mean_accuracy": null}}', "`base.mean_accuracy` is None, not a finite number."),
        ('{"base": {"mean_accuracy": NaN}}', "`base.mean_accuracy` is nan, not a finite number."),
        ('{"base": {"mean_accuracy": true}}', "`base.mean_accuracy` is True, not a finite number."),
    ],
)
def test_a_bad_figure_is_named_with_its_file_and_the_mend(tmp_path, text, message):
    with pytest.raises(FiguresError) as raised:
        figures_of(tmp_path, text).number("base", "mean_accuracy")
    line = str(raised.value)
    assert "evaluate.json: " + message in line
    assert line.endswith("Run `dvc repro --force evaluate`, which writes it.")


def test_a_file_that_is_no_json_is_named(tmp_path):
    with pytest.raises(FiguresError, match=r"evaluate\.json is not valid JSON"):
        figures_of(tmp_path, "{")


def test_a_missing_column_is_named(tmp_path):
    pd.DataFrame({"id": ["a"]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(FiguresError, match=re.escape("t.parquet: column `licence` is missing.")):
        read_columns(tmp_path / "t.parquet", ["id", "licence"], "validate")


def test_a_picture_that_is_none_is_named(tmp_path):
    (tmp_path / "sheet.png").write_text("no")
    with pytest.raises(FiguresError, match=r"sheet\.png is not a PNG"):
        read_png(tmp_path / "sheet.png", "retrieve")


def test_the_page_asks_for_every_figure_it_needs(fabricated_run, make_report):
    data = fabricated_run()
    first = (make_report(data) / "index.html").read_bytes()
    file = data / "metrics/evaluate.json"
    values = json.loads(file.read_text())
    del values["student"]["uniformity"]
    file.write_text(json.dumps(values))
    with pytest.raises(FiguresError, match=r"`student\.uniformity` is missing"):
        make_report(data)
    assert (data / "report/index.html").read_bytes() == first  # the earlier report stays whole
    assert not list(data.glob(".report*"))

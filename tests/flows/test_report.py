"""The report on a run's page in Prefect: the summary as the stage wrote it, and the gains as a chart."""

import base64
import re
from pathlib import Path

from components.outputs import write_json
from flows.report import BARS, chart, markdown
from flows.results import DomainResult

PENCIL = {"images": 10, "base_accuracy": 0.1, "student_accuracy": 0.4, "gain_points": 30.0}


def test_bars_are_as_long_as_accuracies_and_the_gain_has_its_interval() -> None:
    drawn = chart([
        DomainResult("pencil", 10, 0.1, 0.4, 30.0, 20.0, 40.0),
        DomainResult("<line>", 10, 0.2, 0.1, -10.0, -15.0, 2.0),
    ])  # fmt: skip
    bars = [float(width) for width in re.findall(r'<rect x="130"[^>]* width="([\d.]+)"', drawn)]
    assert bars == [BARS / 4, BARS, BARS / 2, BARS / 4]  # the longest is 0.4
    assert re.findall(r">([-+][^<]*)<", drawn) == ["+30.0 points (+20.0 to +40.0)", "-10.0 points (-15.0 to +2.0)"]
    assert "&lt;line&gt;" in drawn


def test_the_report_is_summary_chart_and_the_way_to_the_page(tmp_path: Path) -> None:
    write_json({"domains": {"pencil": PENCIL}}, tmp_path / "data" / "metrics" / "evaluate.json")
    assert markdown(tmp_path, "") == "", "the stage `report` has not run"
    (tmp_path / "data" / "report").mkdir()
    (tmp_path / "data" / "report" / "summary.md").write_text("## Adopt\n\n| | |\n|---|---|\n")
    summary, picture, _, way = markdown(tmp_path, "http://127.0.0.1:5000/#/page").split("\n\n")[1:]
    assert summary == "| | |\n|---|---|"
    address = re.fullmatch(r"!\[[^]]*\]\(data:image/svg\+xml;base64,(.*)\)", picture)
    assert address is not None and b">pencil<" in base64.b64decode(address[1])
    assert way == "[The whole report, in English and Japanese](http://127.0.0.1:5000/#/page)"

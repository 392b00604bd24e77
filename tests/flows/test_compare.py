"""Runs side by side: what stands where, the page, and MLflow's addresses."""

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from flows.compare import compare_runs, links, markdown_of, page_of
from flows.comparison import compare
from flows.promotion import Gain
from tests.flows.published_runs import published_run

FIRST = published_run(
    "first000", gain=(5.0, 3.0, 7.0), domains={"line": 4.0}, roi={"project_cost_usd": 1000.0}, steps="600", seed="1"
)
SECOND = published_run("<second>", gain=(6.0, 4.0, 8.0), domains={"line": 9.0}, steps="700", seed="1")
COMPARED = compare([FIRST, SECOND], {"m-first000": "champion"}, [None, Gain(1.0, -1.0, 3.0)])


def test_return_on_investment_stands_first_then_gains_cost_and_what_differs() -> None:
    assert [column.title for column in COMPARED.columns] == ["champion", "<second>"]
    assert [part.english for part in COMPARED.parts] == [
        "Return on investment", "Gain on unseen domains, points", "Cost of the run", "Settings that differ",
    ]  # fmt: skip
    rows = {row.english: row.cells for part in COMPARED.parts for row in part.rows}
    assert rows == {
        "project cost usd": ("1,000", "–"),
        "mean over the domains": ("+5.0 (+3.0 to +7.0)", "+6.0 (+4.0 to +8.0)"),
        "line": ("+4.0 (+4.0 to +4.0)", "+9.0 (+9.0 to +9.0)"),
        "student against the first run's": ("–", "+1.0 (-1.0 to +3.0)"),
        "computing time, s": ("60", "60"),
        "peak memory, MB": ("1,500", "1,500"),
        "steps": ("600", "700"),
    }


def test_the_page_stands_alone_in_two_languages() -> None:
    page = page_of(COMPARED)
    assert "投資対効果" in page and "初期費用（ドル）" in page and "project cost usd" in page
    assert not re.findall(r"(?:src|href)=|https?://|<script", page)
    assert "&lt;second&gt;" in page and "<second>" not in page


def test_markdown_has_a_column_for_each_run() -> None:
    lines = markdown_of(COMPARED).splitlines()
    assert lines[:3] == ["| | champion | <second> |", "|---|---|---|", "| **Return on investment** | | |"]
    assert {line.count("|") for line in lines} == {4}


def test_addresses_name_exactly_these_runs() -> None:
    found = links("http://127.0.0.1:5000/", [FIRST, SECOND])
    route, _, query = urlsplit(found["side by side"]).fragment.partition("?")
    assert (route, parse_qs(query)) == (
        "/compare-runs", {"runs": ['["m-first000", "m-<second>"]'], "experiments": ['["1"]']},
    )  # fmt: skip
    assert unquote(found["charts"]).endswith(
        "/experiments/1/runs?compareRunsMode=CHART&searchFilter=attributes.run_id IN ('m-first000','m-<second>')"
    )
    assert found["in the table of all runs"] == (
        "http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=kakehashi-roi"
    )


def test_nothing_published_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(LookupError, match=r"No run is published yet\. Do one: kakehashi run"):
        compare_runs(tmp_path, [])

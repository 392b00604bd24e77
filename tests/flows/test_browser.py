"""A person with a browser: the form with its refusals, the run with its stages, what came out, and MLflow's figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: make install")

from playwright.sync_api import Page, expect

from flows.report import WIDTH
from tests.flows import browser
from tests.flows.served import Servers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]
TASKS = ["collect", "retrieve", "train", "evaluate", "report", "publish to MLflow"]
NOTE = "seven steps, from the form"


@pytest.fixture
def servers(toy: Path) -> Iterator[Servers]:
    with Servers(toy) as up:
        yield up


def test_a_person_fills_the_form_watches_the_run_and_finds_its_return_on_investment(servers: Servers) -> None:
    prefect = f"http://127.0.0.1:{servers.prefect_port}"
    with browser.chromium() as (page, outside):
        browser.open_form(page, prefect)
        the_form_explains_itself(page)
        an_impossible_value_is_refused_in_the_form(page, servers)
        run_id = a_good_value_starts_a_run(page, servers)
        the_run_completes_with_every_stage(page)
        browser.open_artifact(page, prefect, run_id, "results")
        the_table_shows_what_was_gained(page)
        browser.open_artifact(page, prefect, run_id, "report")
        the_report_is_the_managers_with_its_chart(page)
        browser.open_artifact(page, prefect, run_id, "mlflow")
        browser.open_return_on_investment(page)
        mlflow_shows_the_run_in_dollars(page)
    only_prefect_asks_for_its_makers_settings(outside)


def the_form_explains_itself(page: Page) -> None:
    """What a parameter, a stage and a setting are; a field holds the value of params.yaml."""
    expect(page.get_by_text("What you change here wins over the overlay and the file.")).to_be_visible()
    expect(page.get_by_text("Toy stage `train`.")).to_be_visible()
    train = browser.section(page, "train")
    expect(train.get_by_text("Points of the curve.")).to_be_visible()
    expect(train.get_by_role("spinbutton", name="Steps")).to_have_value("12")


def an_impossible_value_is_refused_in_the_form(page: Page, servers: Servers) -> None:
    """Under its field and by its name; no run comes of it."""
    train = browser.section(page, "train")
    browser.write(train.get_by_role("spinbutton", name="Steps"), "0")
    browser.press_submit(page)
    expect(train.get_by_text("0 is less than or equal to the minimum of 0")).to_be_visible()
    expect(page.get_by_text("Validation failed for field 'params.train.steps'")).to_be_visible()
    assert servers.call("POST", "/flow_runs/count", {}) == 0


def a_good_value_starts_a_run(page: Page, servers: Servers) -> str:
    """With the value and the note of the form, everything else as in params.yaml; its id."""
    train = browser.section(page, "train")
    browser.write(train.get_by_role("spinbutton", name="Steps"), "7")
    expect(train.get_by_text("less than or equal")).to_be_hidden()  # else Submit moves away under the pointer
    browser.write_note(page, NOTE)
    run_id = browser.start(page)
    given = servers.run(run_id)["parameters"]
    assert (given["params"]["train"]["steps"], given["note"]) == (7, NOTE)
    assert given["params"]["train"]["rate"] == 0.5
    return run_id


def the_run_completes_with_every_stage(page: Page) -> None:
    browser.wait_until_completed(page)
    expect(page.get_by_text("Changed settings: train.steps")).to_be_visible()
    browser.open_tab(page, "Task Runs")
    expect(page.get_by_text("(6 Completed)")).to_be_visible()
    for task in TASKS:
        expect(page.get_by_role("link", name=task, exact=True)).to_be_visible()


def the_table_shows_what_was_gained(page: Page) -> None:
    """One row per unseen domain."""
    expect(page.get_by_role("row", name="pencil 10 37.5% 75.0% +37.5")).to_be_visible()
    expect(page.get_by_role("row", name="mean 20 37.5% 75.0% +37.5 +36.5 to +38.5")).to_be_visible()


def the_report_is_the_managers_with_its_chart(page: Page) -> None:
    """Its headline as one, the chart drawn, and the way to the whole page in MLflow."""
    expect(page.get_by_role("heading", name="Adopt: 37.5 points")).to_be_visible()
    chart = page.get_by_role("img", name="Accuracy on unseen domains")
    expect(chart).to_be_visible()
    assert chart.evaluate("image => image.naturalWidth") == WIDTH
    whole = page.get_by_role("link", name="The whole report, in English and Japanese")
    assert str(whole.get_attribute("href")).endswith("/artifacts/report/index.html")


def mlflow_shows_the_run_in_dollars(page: Page) -> None:
    """One row for the run, none for its stages, and the columns of the return on investment."""
    expect(page.get_by_role("link", name=NOTE)).to_be_visible()
    expect(page.get_by_text("1 matching run")).to_be_visible()
    expect(page.get_by_role("columnheader", name="roi/01_saved_usd").first).to_be_visible()
    expect(page.get_by_role("columnheader", name="roi/02_gain_points").first).to_be_visible()
    expect(page.get_by_role("gridcell", name="1125", exact=True)).to_be_visible()  # 37.5 points at 30 USD


def only_prefect_asks_for_its_makers_settings(outside: set[str]) -> None:
    """Its pages load the settings of a telemetry that is off; in vain, and nothing misses them."""
    assert outside <= {"sr-client-cfg.amplitude.com"}

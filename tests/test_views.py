"""The saved view: what MLflow's pages will read from the experiment's tag."""

import json

from components import views

FIGURES = ["student/mean_accuracy", "roi/02_gain_points", "roi/03_saved_usd_low", "roi/01_saved_usd"]


def test_a_view_shows_runs_of_the_chain_with_the_figures_of_the_business_in_order() -> None:
    view = json.loads(views.roi_first(FIGURES, made_unix_ms=1_795_592_718_867))
    shown = json.loads(view.pop("state"))
    assert view == {"name": "Return on investment", "createdAt": 1_795_592_718_867, "updatedAt": 1_795_592_718_867}
    assert shown["searchFilter"] == "tags.kind = 'pipeline'"
    assert shown["selectedColumns"] == [
        "metrics.`roi/01_saved_usd`", "metrics.`roi/02_gain_points`", "metrics.`roi/03_saved_usd_low`",
    ]  # fmt: skip
    assert shown["columnOrder"][-4:] == [*shown["selectedColumns"], "duration"]
    assert shown["columnWidths"]["metrics.`roi/01_saved_usd`"] == 7 * len("roi/01_saved_usd") + 34


def test_its_address_is_that_of_the_server_that_a_browser_knows() -> None:
    assert views.address("http://127.0.0.1:5000/", "1") == (
        "http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=kakehashi-roi"
    )

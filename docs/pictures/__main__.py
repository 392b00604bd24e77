"""Pictures of the two web pages for README.md, made again: `python -m docs.pictures` in a checkout that has run.

Starts the servers, and a run of the deployment `pipeline` from its form as a person would; what has nothing to do is
not done again. The run stays as every run does: as a branch `runs/<id>` and in MLflow. Needs Chromium and the extra
`dev`.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.flows import browser
from tests.flows.served import Servers

HERE = Path(__file__).parent
COLOURS = 128
NOTE = "the committed settings"


def main() -> None:
    """Write form.png, run.png, results.png and mlflow.png."""
    if browser.CHROMIUM is None:
        sys.exit("No Chromium is found. Install it (apt-get install chromium), then make the pictures again.")
    with Servers(Path.cwd()) as servers, browser.chromium() as (page, _):
        prefect = f"http://127.0.0.1:{servers.prefect_port}"
        browser.open_form(page, prefect)
        browser.write_note(page, NOTE)
        keep(page, "form", browser.section(page, "train"))
        run_id = browser.start(page)
        browser.wait_until_completed(page)
        page.goto(f"{prefect}/v2/runs/flow-run/{run_id}?tab=TaskRuns")
        expect(page.get_by_role("link", name="publish to MLflow")).to_be_visible()
        keep(page, "run")
        browser.open_artifact(page, prefect, run_id, "results")
        keep(page, "results")
        browser.open_artifact(page, prefect, run_id, "mlflow")
        browser.open_return_on_investment(page)
        keep(page, "mlflow")


def keep(page: Page, name: str, top: Locator | None = None) -> None:
    """Save what the page shows, from `top` on, in few colours."""
    if top is not None:
        top.evaluate("place => place.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(2000)  # charts and notices move
    with Image.open(io.BytesIO(page.screenshot())) as shown:
        few = shown.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()

"""README.md's pictures, made again: `python -m docs.pictures` in a checkout that has run.

Starts the servers, and a run of the deployment `pipeline` from its form as a person would; what has nothing to do is
not done again. The run stays as every run does: as a branch `runs/<id>` and in MLflow. Needs Chromium, a font
with Japanese and the extra `dev`.
"""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.flows import browser
from tests.flows.served import Servers

HERE = Path(__file__).parent
COLOURS = 128
NOTE = "the committed settings"
WIDTH, TALL, FLAT = 1280, 800, 440
PAGES = {"report": ("data/report/index.html", (930, 1190)), "review": ("data/retrieve/review.html", (1264, 850))}
"""Pages that a run leaves, and how much of each is shown."""
SHEET, SHEET_SHARE, SHEET_WIDTH = "data/retrieve/sheet.png", 0.2645, 747


def main() -> None:
    """Write all pictures, once all are made: the run finds no file changed."""
    if browser.CHROMIUM is None:
        sys.exit("No Chromium is found. Install it (apt-get install chromium), then make the pictures again.")
    if not subprocess.run(["fc-list", ":lang=ja"], capture_output=True).stdout:
        sys.exit("No font with Japanese is found. Install one (apt-get install fonts-noto-cjk), then try again.")
    with Servers(Path.cwd()) as servers, browser.chromium(WIDTH, TALL) as (page, _):
        pictures = dict([*left_by_the_run(page, Path.cwd()), *walk(page, f"http://127.0.0.1:{servers.prefect_port}")])
    for name, picture in pictures.items():
        picture.save(HERE / f"{name}.png", optimize=True)


def left_by_the_run(page: Page, root: Path) -> Iterator[tuple[str, Image.Image]]:
    """The report, the review page and the upper rows of the contact sheet, as they lie in the checkout."""
    for name, (file, (width, height)) in PAGES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto((root / file).as_uri())
        yield name, seen(page, height, width)
    page.set_viewport_size({"width": WIDTH, "height": TALL})
    with Image.open(root / SHEET) as sheet:
        upper = sheet.convert("RGB").crop((0, 0, sheet.width, round(SHEET_SHARE * sheet.height)))
    small = upper.resize((SHEET_WIDTH, round(upper.height * SHEET_WIDTH / upper.width)))
    yield "sheet", small.quantize(COLOURS, dither=Image.Dither.NONE)


def walk(page: Page, prefect: str) -> Iterator[tuple[str, Image.Image]]:
    """Through the pages as a person goes, with a picture of each that is worth one."""
    browser.open_form(page, prefect)
    browser.write_note(page, NOTE)
    heading = browser.section(page, "train").locator("xpath=preceding::label[1]")
    heading.evaluate("place => { place.style.scrollMargin = '16px'; place.scrollIntoView(); }")
    yield "form", seen(page, TALL)
    run_id = browser.start(page)
    browser.wait_until_completed(page, patience_ms=60 * 60 * 1000)
    page.goto(f"{prefect}/v2/runs/flow-run/{run_id}?tab=TaskRuns")
    expect(page.get_by_role("link", name="publish to MLflow")).to_be_visible()
    yield "run", seen(page, TALL)
    browser.open_artifact(page, prefect, run_id, "results")
    yield "results", seen(page, FLAT)
    browser.open_artifact(page, prefect, run_id, "mlflow")
    browser.open_return_on_investment(page)
    page.get_by_role("button", name="Toggle sidebar").click()
    page.get_by_role("button", name="Exit shared view").locator("xpath=following::button[1]").click()
    yield "mlflow", seen(page, FLAT)


def seen(page: Page, height: int, width: int = WIDTH) -> Image.Image:
    """The upper part of what the page shows, in few colours."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(2000)  # charts and notices move
    shown = page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": height})
    with Image.open(io.BytesIO(shown)) as picture:
        return picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()

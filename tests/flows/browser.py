"""A person at the pages of Prefect and MLflow, played by headless Chromium: each function is one thing that people do.

Written for Prefect 3.8's second UI, which its bare address opens; an address below it, such as `/deployments`, opens
the first one.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, TimeoutError, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
PATIENCE_MS = 120_000
TRIES, ANSWER_MS = 5, 20_000
"""How often a form is submitted that the server is too busy for, and how long it may take to answer."""
VIEW_IN_MLFLOW = "in the table of all runs"


@contextmanager
def chromium(width: int = 1280, height: int = 800) -> Iterator[tuple[Page, set[str]]]:
    """A light page that reaches loopback alone, and the other hosts that it asks for."""
    outside: set[str] = set()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: outside.add(urlsplit(request.url).hostname or ""))
        try:
            yield page, outside
        finally:
            browser.close()
            outside -= {"127.0.0.1", ""}  # no host: data: and blob:


def open_form(page: Page, prefect: str) -> None:
    """From Prefect's front page to the form of the deployment `pipeline`."""
    page.goto(prefect)
    page.get_by_role("link", name="Deployments").click()
    page.get_by_role("link", name="pipeline", exact=True).first.click()  # the second is the flow
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()


def section(page: Page, name: str) -> Locator:
    """The fields below a heading of the form."""
    return page.locator(f"xpath=//label[normalize-space()='{name}']/following::fieldset[1]")


def write(field: Locator, text: str) -> None:
    """Type over what stands in a field, and leave it."""
    field.fill(text)
    field.press("Tab")


def write_note(page: Page, text: str) -> None:
    write(page.get_by_role("textbox", name="note"), text)


def press_submit(page: Page) -> None:
    page.get_by_role("button", name="Submit").click()


def start(page: Page) -> str:
    """Submit the form, follow it to the page of the run; the run's id.

    With SQLite the server answers 503 while something else writes, which its page calls an unknown error: once more.
    That notice may stay for longer than the trouble, so only the link of a run that was started counts.
    """
    started = page.get_by_role("link", name="View run")
    busy = page.get_by_text("Unknown error while creating flow run")
    for _ in range(TRIES):
        press_submit(page)
        expect(started.or_(busy).first).to_be_visible()
        with contextlib.suppress(TimeoutError):
            started.wait_for(timeout=ANSWER_MS)
            break
    started.click()
    page.wait_for_url("**/runs/flow-run/*")
    return urlsplit(page.url).path.rsplit("/", 1)[1]


def wait_until_completed(page: Page, patience_ms: int = PATIENCE_MS) -> None:
    """On the page of a run: its state, which the page looks up again and again."""
    open_tab(page, "Logs")  # where no task shows a state of its own
    ended = page.get_by_text(re.compile("^(Completed|Failed|Crashed|Cancelled)$"))
    expect(ended.first).to_be_visible(timeout=patience_ms)
    expect(ended.first).to_have_text("Completed")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def open_artifact(page: Page, prefect: str, run_id: str, key: str) -> None:
    """From the page of a run to what it left under `key`."""
    page.goto(f"{prefect}/v2/runs/flow-run/{run_id}?tab=Artifacts")
    page.get_by_role("heading", name=key, exact=True).click()  # what all runs left under this key, the newest first
    page.locator("a[href*='/artifacts/artifact/']").first.click()
    expect(page.get_by_role("tab", name="Artifact", exact=True)).to_be_visible()


def open_return_on_investment(page: Page) -> None:
    """From the artifact `mlflow` to MLflow's table of all runs; the assistant that opens beside it is closed."""
    page.get_by_role("link", name=VIEW_IN_MLFLOW).click()
    expect(page.get_by_text("matching run")).to_be_visible()
    page.get_by_text("MLflow Assistant").wait_for()
    page.get_by_role("button", name="Close", exact=True).last.click()

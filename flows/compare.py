"""Which published runs to compare, the comparison as a page of its own, and the same in MLflow's pages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from components import pages, published, views
from components.outputs import whole_file
from flows import difference, servers
from flows.comparison import Comparison, compare
from flows.environment import STATE

if TYPE_CHECKING:
    from components.published import PublishedRun
    from components.tracking import Client

LATEST = 4
"""So many runs are compared, beside the champion, when none is named."""
TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_SERVER = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class Compared:
    """A comparison, and where to look at it."""

    comparison: Comparison
    page: Path
    links: dict[str, str]
    """What a page of MLflow shows, and its address."""
    served: bool
    """Whether MLflow's server answers at those addresses now."""


def compare_runs(home: Path, names: Sequence[str]) -> Compared:
    """Compare the named runs, or the champion and the latest ones, and write the page `.kakehashi/compare.html`.

    Raises:
        LookupError: nothing is published, or no run goes by one of the names.
    """
    from components import registry, tracking

    uri = servers.reachable_mlflow(home)
    client = tracking.connect(uri)
    with tracking.in_silence():
        aliased = {
            alias: registry.version_by_alias(client, alias) for alias in (registry.CHALLENGER, registry.CHAMPION)
        }
        titles = {version.run_id: alias for alias, version in aliased.items() if version is not None}
        champion = next((run_id for run_id, title in titles.items() if title == registry.CHAMPION), None)
        runs = _chosen(client, names, champion)
        gains = [None, *(difference.gain_between(client, runs[0], run) for run in runs[1:])]
    compared = compare(runs, titles, gains)
    page = home / STATE / "compare.html"
    with whole_file(page) as draft:
        draft.write_text(page_of(compared), encoding="utf-8")
    server = servers.pages(uri) if uri.startswith("http") else DEFAULT_SERVER
    return Compared(compared, page, links(server, runs), uri.startswith("http"))


def links_of_latest(server: str) -> dict[str, str]:
    """Addresses of MLflow's pages with the champion and the latest runs of a server.

    Raises:
        LookupError: nothing is published there.
    """
    from components import registry, tracking

    client = tracking.connect(server)
    with tracking.in_silence():
        champion = registry.version_by_alias(client, registry.CHAMPION)
        return links(server, _chosen(client, [], champion.run_id if champion else None))


def _chosen(client: "Client", names: Sequence[str], champion: str | None) -> list["PublishedRun"]:
    if names:
        return [published.published_run(client, name) for name in dict.fromkeys(names)]
    runs = published.published_runs(client, LATEST + 1)
    if not runs:
        raise LookupError("No run is published yet. Do one: kakehashi run.")
    first = [published.run_by_id(client, champion)] if champion else []
    return first + [run for run in runs if run.run_id != champion][:LATEST]


def links(server: str, runs: Sequence["PublishedRun"]) -> dict[str, str]:
    """Addresses of MLflow's pages with exactly these runs, and of the table of all."""
    ids = [run.run_id for run in runs]
    experiments = sorted({run.experiment_id for run in runs})
    listed = ",".join(f"'{run_id}'" for run_id in ids)
    only_these = quote(f"attributes.run_id IN ({listed})")
    top = f"{server.rstrip('/')}/#"
    side_by_side = f"runs={quote(json.dumps(ids))}&experiments={quote(json.dumps(experiments))}"
    return {
        "side by side": f"{top}/compare-runs?{side_by_side}",
        "charts": f"{top}/experiments/{experiments[0]}/runs?compareRunsMode=CHART&searchFilter={only_these}",
        "in the table of all runs": views.address(server, experiments[0]),
    }


def page_of(compared: Comparison) -> str:
    """The comparison as one HTML file in two languages that asks the network for nothing."""
    environment = pages.environment(TEMPLATES, autoescape=True)
    return environment.get_template("compare.html").render(compared=compared)


def markdown_of(compared: Comparison) -> str:
    """The comparison as a Markdown table."""
    titles = [column.title for column in compared.columns]
    lines = [f"| | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]
    for part in compared.parts:
        lines.append(f"| **{part.english}** |{' |' * len(titles)}")
        lines += [
            f"| {row.english} | {' | '.join(cell.replace('|', '¦') for cell in row.cells)} |" for row in part.rows
        ]
    return "\n".join(lines)

"""What a terminal shows at the end of a command: tables of results, stages and findings."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from flows import results
from flows.doctor import Finding
from flows.environment import STATE
from flows.servers import Addresses, answering

if TYPE_CHECKING:
    from flows.certificate import Certificate
    from flows.compare import Compared
    from flows.index_card import IndexCard
    from flows.pipeline import Finished
    from flows.status import StageStatus

STATE_COLOURS = {"up to date": "green", "changed": "yellow", "never run": "dim"}
VERDICT_COLOURS = {"identical": "green", "equivalent": "green", "different": "yellow", "incomparable": "dim"}


def show(home: Path, finished: "Finished") -> None:
    """The end of a run: stages, results, gap, ROI, verdict, and where to look next."""
    console = Console(highlight=False)
    _show_stages(console, finished)
    _show_domains(console, finished.root)
    if gap := results.gap(finished.root):
        console.print(f"Modality gap (centroid distance): base {gap[0]:.3f}, student {gap[1]:.3f}")
    for name, value in results.roi_lines(finished.root):
        console.print(f"  {name}: {value}")
    verdict = finished.verdict
    colour = VERDICT_COLOURS[verdict.kind]
    console.print(f"Against the commit: [{colour}]{verdict.kind}[/]. {verdict.sentence}")
    if finished.told.trouble:
        console.print(f"[yellow]{finished.told.trouble}[/] Publish it later: kakehashi publish", soft_wrap=True)
    else:
        console.print(f"MLflow: {finished.told.link}", soft_wrap=True)
    report = finished.root / "data" / "report" / "index.html"
    if report.is_file():
        console.print(f"Report: {report}", soft_wrap=True)
    console.print("Web pages of all runs: make up" if answering(home) is None else "The servers are up.")


def _show_stages(console: Console, finished: "Finished") -> None:
    total = sum(stage.wall_seconds for stage in finished.stages)
    cached = [stage for stage in finished.stages if stage.state == "cached"]
    peak = max((stage.peak_rss_bytes for stage in finished.stages), default=0)
    console.print()
    console.print(
        f"{len(finished.stages)} stages in {total:.0f} s ({len(cached)} had nothing to do), "
        f"at most {peak / 1e9:.1f} GB of memory"
    )


def _show_domains(console: Console, root: Path) -> None:
    rows = results.domains(root)
    if not rows:
        return
    table = Table(title="Zero-shot accuracy on unseen domains", title_justify="left")
    table.add_column("domain")
    for column in ("images", "base", "student", "gain, points", "95 % interval"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.domain,
            f"{row.images:,}",
            f"{row.base_accuracy:.1%}",
            f"{row.student_accuracy:.1%}",
            f"{row.gain_points:+.1f}",
            f"{row.gain_points_low:+.1f} to {row.gain_points_high:+.1f}",
            end_section=row is rows[-2] if len(rows) > 1 else False,
        )
    console.print(table)


def show_found(title: str, found: Any) -> None:
    """What `components.search.search` found: its figures, and one under the other what an image is and whose."""
    shown = Table(title=Text(title), title_justify="left", show_lines=True)
    for column in ("rank", *FIGURES):
        shown.add_column(column, justify="right", no_wrap=True)
    shown.add_column("image", overflow="fold")
    for row in found.itertuples(index=False):
        rights = " · ".join(word for word in (row.licence, row.author) if word)
        words = "\n".join(word for word in (row.caption, rights, row.url, row.id) if word)
        shown.add_row(str(row.rank), *(f"{getattr(row, name):.3f}" for name in FIGURES), Text(words))
    Console(highlight=False).print(shown)


FIGURES = ("score", "agreement", "cosine")


def show_index_card(card: "IndexCard") -> None:
    """The card of an index: its head, and a row for each way of asking."""
    console = Console(highlight=False)
    rows = card.table()
    table = Table(title="The index, by whose vectors are searched and what asks", title_justify="left")
    for column in rows[0]:
        heading = column.replace("@", "\n@").replace(", ", "\n").replace("candidates", "candi-\ndates")
        table.add_column(heading, justify="left" if column in ("side", "query") else "right", no_wrap=True)
    for before, row in zip([rows[0], *rows], rows, strict=False):
        if before["side"] != row["side"]:
            table.add_section()
        table.add_row(*row.values())
    console.print(table)
    console.print(card.words, soft_wrap=True)
    console.print(f"Times are of this machine: one query at a time, {card.threads} thread{'s' * (card.threads > 1)}.")


def show_comparison(compared: "Compared") -> None:
    """Runs side by side, the page that shows the same, and MLflow's."""
    console = Console(highlight=False)
    table = Table(title="Runs compared", title_justify="left")
    table.add_column("")
    for column in compared.comparison.columns:
        table.add_column("\n".join(filter(None, [column.title, column.day, column.note])), justify="right")
    for part in compared.comparison.parts:
        table.add_row(f"[bold]{part.english}[/]")
        for row in part.rows:
            table.add_row(f"  {escape(row.english)}", *map(escape, row.cells), end_section=row is part.rows[-1])
    console.print(table)
    console.print(f"Page: {compared.page}", soft_wrap=True)
    for what, address in compared.links.items():
        console.print(f"MLflow, {what}: {address}", soft_wrap=True)
    if not compared.served:
        console.print("These addresses answer after: make up")


def show_statuses(statuses: Iterable["StageStatus"], servers: Addresses | None) -> None:
    """Each stage's state and figures, and the servers."""
    table = Table()
    for column in ("stage", "state", "changed", "latest figures"):
        table.add_column(column)
    for status in statuses:
        state = f"[{STATE_COLOURS[status.state]}]{status.state}[/]"
        table.add_row(status.stage, state, status.why, status.figures)
    console = Console(highlight=False)
    console.print(table)
    if servers:
        console.print(f"Servers: Prefect {servers.prefect}, MLflow {servers.mlflow}")
    else:
        console.print(f"Servers: not up (runs use the files in {STATE}/). Start them with: make up")


def show_findings(findings: Iterable[Finding]) -> int:
    """Each finding with its mend; returns how many are faults."""
    console = Console(highlight=False)
    faults = 0
    for finding in findings:
        mark = "[red]✗[/]" if finding.mend else "[green]✓[/]"
        console.print(f"{mark} {finding.what}: {finding.seen}", soft_wrap=True)
        if finding.mend:
            faults += 1
            console.print(f"  [bold]mend:[/] {finding.mend}", soft_wrap=True)
    return faults


def certificate_lines(certificate: "Certificate") -> list[tuple[str, str]]:
    """The head of a certificate: name and text of what was audited, with which result."""
    subject = certificate.subject
    changes = [f"{change.field}: {change.before} → {change.after}" for change in subject.changes]
    more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
    lines = [
        ("verdict", certificate.verdict),
        ("commit", f"{subject.commit[:12]} {subject.message}"),
        ("branch", subject.branch),
        ("run", subject.run_id),
        ("note", subject.note),
        ("settings changed", f"{', '.join(changes[:5])}{more}"),
        ("processor then", certificate.then.processor if certificate.then else "not recorded"),
        ("processor now", certificate.now.processor),
        ("took", f"{certificate.seconds:.0f} s"),
    ]
    return [line for line in lines if line[1]]


def show_certificate(certificate: "Certificate") -> None:
    """A certificate as a short table, what differs, and what was found."""
    console = Console(highlight=False)
    colour = VERDICT_COLOURS[certificate.verdict]
    head = Table(show_header=False)
    for name, text in certificate_lines(certificate):
        head.add_row(name, f"[{colour}]{text}[/]" if name == "verdict" else Text(text))
    console.print(head)
    table = Table()
    for column in ("stage", "output", "then", "now"):
        table.add_column(column, overflow="fold")
    for stage in certificate.stages:
        for output in stage.outputs:
            now = "same" if output.same else f"[yellow]{output.now[:12] or 'none'}[/]"
            table.add_row(stage.name, output.path, output.then[:12] or "none", now)
    console.print(table)
    for output in (output for stage in certificate.stages for output in stage.outputs if not output.same):
        console.print(f"{output.path}: {output.difference}", markup=False, soft_wrap=True)
    console.print(f"[{colour}]{certificate.verdict}[/]: {certificate.sentence}", soft_wrap=True)
    for finding in certificate.findings:
        console.print(f"[red]✗[/] {finding.kind}:", Text(finding.sentence), soft_wrap=True)
    for note in certificate.notes:
        console.print("[dim]·[/]", Text(note), soft_wrap=True)

"""The report as a run's page in Prefect shows it: the manager's summary, what was gained as a chart, the whole page."""

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from flows import results
from flows.results import DomainResult

SUMMARY = Path("data") / "report" / "summary.md"
SHOWN = "Accuracy on unseen domains"
WIDTH, ROW, NAMES, BARS = 760, 52, 130, 360
"""Pixels of the chart: its width, the height of a domain, where bars begin, and how long the longest is."""
BASE, STUDENT, INK, PAPER = "#a7adb3", "#1c5d86", "#1d2733", "#ffffff"


def markdown(root: Path, page: str) -> str:
    """The report of the run that stands in `root`; empty if the stage `report` left no summary.

    Args:
        root: the project folder.
        page: where a browser finds the whole report; empty if nowhere.
    """
    if not (root / SUMMARY).is_file():
        return ""
    parts = [(root / SUMMARY).read_text(encoding="utf-8").strip()]
    if rows := results.domains(root):
        drawn = base64.b64encode(chart(rows).encode()).decode("ascii")
        parts.append(f"![{SHOWN}](data:image/svg+xml;base64,{drawn})")
        parts.append(f"{SHOWN}: the base in grey, the student in blue, and the gain with its 95 % interval.")
    if page:
        parts.append(f"[The whole report, in English and Japanese]({page})")
    return "\n\n".join(parts)


def chart(rows: Sequence[DomainResult]) -> str:
    """Accuracy of base and student on each domain as bars from 0, with the gain and its interval, as SVG."""
    longest = max(max(row.base_accuracy, row.student_accuracy) for row in rows) or 1.0
    size = f'width="{WIDTH}" height="{ROW * len(rows)}"'
    drawn = "".join(part for place, row in enumerate(rows) for part in _bars(row, place * ROW, BARS / longest))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Arial, sans-serif" font-size="14" fill="{INK}">'
        f'<rect {size} fill="{PAPER}"/>{drawn}</svg>'
    )


def _bars(row: DomainResult, top: int, pixels: float) -> Iterator[str]:
    yield f'<text x="{NAMES - 10}" y="{top + 30}" text-anchor="end">{escape(row.domain)}</text>'
    for y, accuracy, color in ((top + 8, row.base_accuracy, BASE), (top + 27, row.student_accuracy, STUDENT)):
        end = NAMES + accuracy * pixels
        yield f'<rect x="{NAMES}" y="{y}" width="{end - NAMES:.1f}" height="17" fill="{color}"/>'
        yield f'<text x="{end + 6:.1f}" y="{y + 13}">{accuracy:.1%}</text>'
    gain = f"{row.gain_points:+.1f} points ({row.gain_points_low:+.1f} to {row.gain_points_high:+.1f})"
    yield f'<text x="{WIDTH - 10}" y="{top + 30}" text-anchor="end" fill="{STUDENT}">{gain}</text>'

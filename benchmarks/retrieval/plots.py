"""Recall@10 against the share of vectors scanned and against latency, drawn: text queries left, image queries right."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrieval.curves import Price, recall_at, recall_within
from benchmarks.retrieval.tables import points_of
from components.outputs import whole_file

GRID = 60
"""Places at which the mean over the seeds is drawn, evenly in their logarithm."""
COLOURS = [f"C{number}" for number in range(10)] + ["black", "gold"]
PRICES: dict[Price, str] = {"share": "vectors scanned, %", "p50_ms": "median time of a query, ms"}


def draw(lines: Sequence[Mapping[str, Any]], file: Path, title: str, marked: Sequence[float]) -> Path:
    """Write an SVG: a curve a kind, the mean over the seeds where all of them have a value; controls are dashed.

    Args:
        lines: of results.jsonl, of one gap and one number of lists.
        file: what is written.
        title: over both panels.
        marked: shares that get a vertical line.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    kinds = list(dict.fromkeys(line["kind"] for line in lines))
    with mpl.rc_context({"svg.hashsalt": "kakehashi", "svg.fonttype": "none"}):
        figure = Figure(figsize=(11, 9), layout="constrained")
        panels = figure.subplots(2, 2, sharey=True)
        for (row, paid_in), (column, modality) in itertools.product(enumerate(PRICES), enumerate(("text", "image"))):
            axes, percent = panels[row, column], 100 if paid_in == "share" else 1
            for number, kind in enumerate(kinds):
                price, recall = mean_curve([line for line in lines if line["kind"] == kind], modality, paid_in)
                style = "--" if kind.startswith("control") else "-"
                axes.plot(percent * price, recall, style, color=COLOURS[number], label=kind, linewidth=1.4)
            for share_marked in marked if paid_in == "share" else ():
                axes.axvline(percent * share_marked, color="0.85", linewidth=0.8, zorder=0)
            axes.set(xscale="log", xlabel=PRICES[paid_in], title=f"{modality} queries")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        for axes in panels[:, 0]:
            axes.set_ylabel("recall@10 against exact search")
        panels[0, 1].legend(fontsize=8, loc="lower right")
        figure.suptitle(title)
        with whole_file(file) as draft:
            figure.savefig(draft, format="svg", metadata={"Date": None})
    return file


def mean_curve(
    lines: Sequence[Mapping[str, Any]], modality: str, paid_in: Price = "share"
) -> tuple[np.ndarray, np.ndarray]:
    """Shares and the mean recall of all lines there, over those that every line reaches; or times, and within them."""
    curves = [points_of(line, modality) for line in lines]
    prices = [[getattr(point, paid_in) for point in points] for points in curves]
    low, high = max(map(min, prices)), min(map(max, prices))
    price = np.geomspace(low, max(low, high), GRID).clip(low, max(low, high))
    read = recall_at if paid_in == "share" else recall_within
    return price, np.array([np.mean([read(points, each) for points in curves]) for each in price])

"""Recall@10 against the share of vectors scanned, drawn: text queries left, image queries right."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrieval.curves import recall_at
from benchmarks.retrieval.tables import points_of
from components.outputs import whole_file

GRID = 60
"""Shares at which the mean over the seeds is drawn, evenly in their logarithm."""


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

    kinds = list(dict.fromkeys(line["kind"] for line in lines))
    with mpl.rc_context({"svg.hashsalt": "kakehashi", "svg.fonttype": "none"}):
        figure = Figure(figsize=(11, 4.8), layout="constrained")
        panels = figure.subplots(1, 2, sharey=True)
        for axes, modality in zip(panels, ("text", "image"), strict=True):
            for number, kind in enumerate(kinds):
                share, recall = mean_curve([line for line in lines if line["kind"] == kind], modality)
                style = "--" if kind.startswith("control") else "-"
                axes.plot(100 * share, recall, style, color=f"C{number}", label=kind, linewidth=1.4)
            for share_marked in marked:
                axes.axvline(100 * share_marked, color="0.85", linewidth=0.8, zorder=0)
            axes.set(xscale="log", xlabel="vectors scanned, %", title=f"{modality} queries")
        panels[0].set_ylabel("recall@10 against exact search")
        panels[1].legend(fontsize=8, loc="lower right")
        figure.suptitle(title)
        with whole_file(file) as draft:
            figure.savefig(draft, format="svg", metadata={"Date": None})
    return file


def mean_curve(lines: Sequence[Mapping[str, Any]], modality: str) -> tuple[np.ndarray, np.ndarray]:
    """Shares and the mean recall of all lines there, over the shares that every line reaches."""
    curves = [points_of(line, modality) for line in lines]
    low = max(min(point.share for point in points) for points in curves)
    high = min(max(point.share for point in points) for points in curves)
    share = np.geomspace(low, max(low, high), GRID).clip(low, max(low, high))
    return share, np.array([np.mean([recall_at(points, each) for points in curves]) for each in share])

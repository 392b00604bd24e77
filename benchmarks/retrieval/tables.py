"""Means over the seeds, with their spread, of what vectors.py measured."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.retrieval.curves import EQUAL_PROBES, SHARES, TIMES_MS, Point, recall_at, recall_of, recall_within

Line = Mapping[str, Any]
Figure = Callable[[Line], float]


def tables(lines: Sequence[Line]) -> dict[str, pd.DataFrame]:
    """Tables by heading; a row a kind, in the order of the lines."""
    found = {}
    for modality in ("text", "image"):
        work = {f"at {share:.0%}": _at_share(modality, share) for share in SHARES}
        probes = {f"nprobe {number}": _at_probes(modality, number) for number in EQUAL_PROBES}
        times = {f"within {time:g} ms": _in_time(modality, time) for time in TIMES_MS}
        found[f"recall@10 of {modality} queries, at equal work, at equal nprobe and within equal time"] = _table(
            lines, {**work, **probes, **times}, decimals=3
        )
    costs: dict[str, Figure] = {"list imbalance": lambda line: float(line["list_imbalance"])}
    for modality in ("text", "image"):
        for name, heading in (("share", "% scanned"), ("p50_ms", "p50 ms"), ("p99_ms", "p99 ms")):
            costs[f"{modality} {heading}"] = _timed(modality, name)
    found["Evenness, and time of one query near 5 % scanned"] = _table(lines, costs, decimals=2)
    return found


def points_of(line: Line, modality: str) -> list[Point]:
    """The curve in a line of results.jsonl; the settings of a graph's budget count no lists."""
    return [Point(**point) for point in line[modality]]


def _at_share(modality: str, share: float) -> Figure:
    return lambda line: recall_at(points_of(line, modality), share)


def _in_time(modality: str, time_ms: float) -> Figure:
    return lambda line: recall_within(points_of(line, modality), time_ms)


def _at_probes(modality: str, number: int) -> Figure:
    return lambda line: np.nan if line["kind"].startswith("hnsw") else recall_of(points_of(line, modality), number)


def _timed(modality: str, name: str) -> Figure:
    scale = 100 if name == "share" else 1
    return lambda line: scale * float(line[f"{modality}_timed"][name])


def _table(lines: Sequence[Line], figures: Mapping[str, Figure], decimals: int) -> pd.DataFrame:
    rows = {}
    for kind in dict.fromkeys(line["kind"] for line in lines):
        mine = [line for line in lines if line["kind"] == kind]
        rows[kind] = {name: spread([figure(line) for line in mine], decimals) for name, figure in figures.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(figures))


def spread(values: Sequence[float], decimals: int) -> str:
    """`mean (largest - smallest)`; a dash where a seed has no value."""
    if np.isnan(values).any():
        return "-"
    return f"{np.mean(values):.{decimals}f} ({np.max(values) - np.min(values):.{decimals}f})"

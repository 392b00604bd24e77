"""What a run found, read from `data/metrics`, in the few lines that a person wants to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.outputs import read_json


@dataclass(frozen=True)
class DomainResult:
    """Base against student on one unseen domain; accuracies are shares, gains percentage points."""

    domain: str
    images: int
    base_accuracy: float
    student_accuracy: float
    gain_points: float
    gain_points_low: float
    gain_points_high: float


def metrics(root: Path, stage: str) -> dict[str, Any]:
    """A stage's metrics; empty if it has not run."""
    file = root / "data" / "metrics" / f"{stage}.json"
    return dict(read_json(file)) if file.is_file() else {}


def domains(root: Path) -> list[DomainResult]:
    """Each unseen domain, in the order of `evaluate`, and their mean where the stage gives it."""
    evaluated = metrics(root, "evaluate")
    rows = [_row(name, values) for name, values in evaluated.get("domains", {}).items()]
    gain = evaluated.get("gain", {})
    if rows and "accuracy_points" in gain:
        points = gain["accuracy_points"]
        rows.append(
            DomainResult(
                domain="mean",
                images=sum(row.images for row in rows),
                base_accuracy=evaluated["base"]["mean_accuracy"],
                student_accuracy=evaluated["student"]["mean_accuracy"],
                gain_points=points,
                gain_points_low=gain.get("accuracy_points_low", points),
                gain_points_high=gain.get("accuracy_points_high", points),
            )
        )
    return rows


def _row(domain: str, values: Mapping[str, Any]) -> DomainResult:
    gain = values["gain_points"]
    return DomainResult(
        domain=domain,
        images=int(values.get("images", 0)),
        base_accuracy=values["base_accuracy"],
        student_accuracy=values["student_accuracy"],
        gain_points=gain,
        gain_points_low=values.get("gain_points_low", gain),
        gain_points_high=values.get("gain_points_high", gain),
    )


def gap(root: Path) -> tuple[float, float] | None:
    """Distance between the centroids of images and texts, for base and student; None if it was not measured."""
    evaluated = metrics(root, "evaluate")
    pair = [evaluated.get(model, {}).get("centroid_distance") for model in ("base", "student")]
    return None if None in pair else (pair[0], pair[1])


def roi_lines(root: Path) -> list[tuple[str, str]]:
    """The report's figures in its own order: name in words, value as text."""
    figures = [(key, value) for key, value in metrics(root, "report").items() if isinstance(value, int | float)]
    return [(key.replace("_", " "), readable(value)) for key, value in figures]


def licence_verdict(root: Path) -> str:
    """What the licences of everything learned from ask, as the report judges it: `free`, `credit`, `share_alike` or
    `obstacle`; empty before anything was learned."""
    accepted = root / "data" / "validate" / "accepted.parquet"
    return licence_verdict_of(accepted) if accepted.is_file() else ""


def licence_verdict_of(accepted: Path) -> str:
    """The same of one accepted.parquet."""
    import pandas as pd

    from components.report.licences import duties, strictest

    licences = pd.read_parquet(accepted, columns=["licence"])["licence"].fillna("").astype(str).unique()
    return strictest({duty for licence in licences for duty in duties(licence)})


def readable(value: float) -> str:
    """A figure as people write it: thousands separated, two decimals from one up, four significant digits below."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"

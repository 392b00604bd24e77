"""Everything that the page and the cards say, gathered from the stages' results before a word is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from components.report import roi
from components.report.accuracy import Interval, accuracies
from components.report.credits import Licence, Source, learned_records, licences_of, sources_of, verdict_of
from components.report.figures import Figures, FiguresError
from components.report.mistakes import WeakLabel, weakest_labels
from components.report.params import ReportParams
from components.report.sensitivity import Swing, swings

AGREEMENT_POINTS = 0.01
"""Largest difference between an accuracy in evaluate.json and the same one counted from predictions.parquet."""


class Domain(NamedTuple):
    """One unseen domain, accuracies from 0 to 1."""

    name: str
    images: int
    base: Interval
    student: Interval
    base_balanced: float
    student_balanced: float
    gain_points: Interval


class LabelSelection(NamedTuple):
    label: str
    images: int
    mean_score: float


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What earlier stages wrote, read and not yet judged."""

    figures: Mapping[str, Figures]
    """By stage: data/metrics/<stage>.json."""
    predictions: pd.DataFrame
    accepted: pd.DataFrame
    selection: pd.DataFrame
    architecture: Figures
    base_provenance: Figures
    student_provenance: Figures
    sheet_png: bytes
    preview_png: bytes


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the templates show; they reckon nothing but places on an axis."""

    params: ReportParams
    inputs: Inputs
    gain_points: Interval
    """Mean over the unseen domains of student minus base, in percentage points, as `evaluate` found it."""
    case: roi.BusinessCase
    net_usd_per_year: Interval
    verdict: roi.Verdict
    project_cost_usd: float
    error_cost_usd: float
    labelling_cost_avoided_usd: float
    break_even_gain_points: float
    swings: list[Swing]
    domains: list[Domain]
    quarantined: list[tuple[str, int]]
    sources: list[Source]
    licences: list[Licence]
    licence_verdict: str
    languages: list[str]
    labels: list[str]
    weakest: list[WeakLabel]
    selected_labels: list[LabelSelection]
    composes: bool
    """Whether the student learned from compositions too."""

    def at(self, gain_points: float) -> roi.BusinessCase:
        """The business case at another gain, such as an end of its interval."""
        return roi.business_case(gain_points, self.params.assumptions)


def gather(inputs: Inputs, params: ReportParams) -> Report:
    """Judge the inputs under the assumptions.

    Raises:
        FiguresError: a figure is missing, or evaluate.json and predictions.parquet contradict each other.
    """
    assumptions = params.assumptions
    domains = domains_of(inputs.figures["evaluate"], accuracies(inputs.predictions))
    gain = _gain(inputs.figures["evaluate"], "gain", "accuracy_points")
    net = Interval(*(roi.business_case(points, assumptions).net_benefit_usd_per_year for points in gain))
    records = learned_records(inputs.accepted, inputs.selection)
    licences = licences_of(records)
    return Report(
        params=params,
        inputs=inputs,
        gain_points=gain,
        case=roi.business_case(gain.value, assumptions),
        net_usd_per_year=net,
        verdict=roi.verdict(gain, net),
        project_cost_usd=roi.project_cost_usd(assumptions),
        error_cost_usd=roi.error_cost_usd(assumptions),
        labelling_cost_avoided_usd=roi.labelling_cost_avoided_usd(assumptions),
        break_even_gain_points=roi.break_even_gain_points(assumptions),
        swings=swings(gain, assumptions, params.sensitivity_share),
        domains=domains,
        quarantined=_most_first(inputs.figures["validate"], "reasons"),
        sources=sources_of(records),
        licences=licences,
        licence_verdict=verdict_of(licences),
        languages=sorted(set(records["language"]) - {""}),
        labels=sorted(set(inputs.predictions["label"]) | set(inputs.selection["label"])),
        weakest=weakest_labels(inputs.predictions, params.weakest_labels_shown),
        selected_labels=_selected_labels(inputs.selection),
        composes=inputs.figures["compose"].number("expected_compositions_per_epoch") > 0,
    )


def headline(report: Report) -> dict[str, Any]:
    """The figures that a manager compares runs by, the one that matters first; None where there is no such number."""
    return {
        "net_benefit_usd_per_year": report.net_usd_per_year.value,
        "net_benefit_usd_per_year_low": report.net_usd_per_year.low,
        "net_benefit_usd_per_year_high": report.net_usd_per_year.high,
        "return_on_investment_percent": report.case.return_on_investment_percent,
        "payback_months": report.case.payback_months,
        "accuracy_gain_points": report.case.accuracy_gain_points,
        "break_even_gain_points": report.break_even_gain_points,
        "errors_avoided_per_year": report.case.errors_avoided_per_year,
        "net_present_value_usd": report.case.net_present_value_usd,
        "project_cost_usd": report.project_cost_usd,
        "labelling_cost_avoided_usd": report.labelling_cost_avoided_usd,
    }


def domains_of(evaluate: Figures, found: Mapping[str, tuple[Interval, Interval]]) -> list[Domain]:
    """The unseen domains in name order, after checking that both files tell the same story."""
    stated = evaluate.mapping("domains")
    if set(stated) != set(found):
        raise _contradiction(evaluate, "domains", sorted(stated), sorted(found))
    domains = []
    for name, (base, student) in found.items():
        path = ("domains", name)
        _agree(evaluate, (*path, "base_accuracy"), base.value, in_points=100)
        _agree(evaluate, (*path, "student_accuracy"), student.value, in_points=100)
        domains.append(
            Domain(
                name=name,
                images=int(evaluate.number(*path, "images")),
                base=base,
                student=student,
                base_balanced=evaluate.number(*path, "base_balanced_accuracy"),
                student_balanced=evaluate.number(*path, "student_balanced_accuracy"),
                gain_points=_gain(evaluate, *path, "gain_points"),
            )
        )
    mean_gain = sum(student.value - base.value for base, student in found.values()) / len(found)
    _agree(evaluate, ("gain", "accuracy_points"), 100 * mean_gain, in_points=1)
    return domains


def _gain(evaluate: Figures, *path: str) -> Interval:
    *outer, name = path
    low, value, high = (evaluate.number(*outer, f"{name}{end}") for end in ("_low", "", "_high"))
    return Interval(low, value, high)


def _agree(evaluate: Figures, keys: tuple[str, ...], counted: float, *, in_points: float) -> None:
    if abs(evaluate.number(*keys) - counted) * in_points > AGREEMENT_POINTS:
        raise _contradiction(evaluate, ".".join(keys), evaluate.number(*keys), round(counted, 6))


def _contradiction(evaluate: Figures, key: str, stated: object, counted: object) -> FiguresError:
    return FiguresError(
        f"{evaluate.file}: `{key}` is {stated}, but predictions.parquet gives {counted}. "
        "One of the two is stale, or the gain is no mean over domains: run `dvc repro --force evaluate`."
    )


def _most_first(figures: Figures, key: str) -> list[tuple[str, int]]:
    counts = {str(name): int(figures.number(key, name)) for name in figures.mapping(key)}
    found = [(name, count) for name, count in counts.items() if count]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def _selected_labels(selection: pd.DataFrame) -> list[LabelSelection]:
    table = selection.groupby("label", sort=True)["score"].agg(["size", "mean"])
    labels = [str(label) for label in table.index]
    return [
        LabelSelection(label, size, mean)
        for label, size, mean in zip(labels, table["size"], table["mean"], strict=True)
    ]

"""Stage `report`: figures and assumptions become a decision, a page for the manager, and two cards.

Reads   <measured>/<stage>.json           what each earlier stage measured
        <accepted>                        accepted.parquet: id, source, licence, author, url, language, caption
        <base>/                           open_clip_config.json, provenance.json
        <retrieve>/                       selection.parquet: id, label, score; sheet.png
        <preview>                         preview.png of `compose`
        <student>/provenance.json
        <predictions>                     predictions.parquet: domain, label, base_label, student_label
Writes  <out>/index.html                  the management page, one file that travels
        <out>/model_card.md, data_card.md, summary.md, sheet.png, preview.png
        <metrics>                         about ten figures, the one that matters first
"""

from pathlib import Path

from components.outputs import whole_folder, write_json
from components.params import load_section
from components.report.content import Inputs, Report, gather, headline
from components.report.credits import RECORD_COLUMNS
from components.report.figures import Figures, read_columns, read_png
from components.report.params import ReportParams
from components.report.render import card, page
from components.stage import run

STAGES = ("collect", "validate", "pretrain", "embed", "index", "retrieve", "compose", "train", "align", "evaluate")
PREDICTION_COLUMNS = ["domain", "label", "base_label", "student_label"]
SELECTION_COLUMNS = ["id", "label", "score"]
CARDS = ("summary.md", "model_card.md", "data_card.md")


def main(
    measured: Path,
    accepted: Path,
    base: Path,
    retrieve: Path,
    preview: Path,
    student: Path,
    predictions: Path,
    out: Path,
    metrics: Path,
) -> None:
    params = load_section("report", ReportParams)
    inputs = Inputs(
        figures={stage: Figures(measured / f"{stage}.json", stage) for stage in STAGES},
        predictions=read_columns(predictions, PREDICTION_COLUMNS, "evaluate"),
        accepted=read_columns(accepted, RECORD_COLUMNS, "validate"),
        selection=read_columns(retrieve / "selection.parquet", SELECTION_COLUMNS, "retrieve"),
        architecture=Figures(base / "open_clip_config.json", "pretrain"),
        base_provenance=Figures(base / "provenance.json", "pretrain"),
        student_provenance=Figures(student / "provenance.json", "train"),
        sheet_png=read_png(retrieve / "sheet.png", "retrieve"),
        preview_png=read_png(preview, "compose"),
    )
    report = gather(inputs, params)
    write_report(report, out)
    write_json(headline(report), metrics)


def write_report(report: Report, out: Path) -> None:
    """Write the folder of the page, the cards and their pictures."""
    with whole_folder(out) as draft:
        (draft / "index.html").write_text(page(report), encoding="utf-8")
        for name in CARDS:
            (draft / name).write_text(card(name, report), encoding="utf-8")
        (draft / "sheet.png").write_bytes(report.inputs.sheet_png)
        (draft / "preview.png").write_bytes(report.inputs.preview_png)


if __name__ == "__main__":
    run(main)

"""What a run leaves on its page in Prefect: results, the graph, the report, the model card, the way to MLflow."""

from pathlib import Path

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows import index_card, pictures, report, results
from flows.dvc import dvc_says
from flows.measurements import StageRun
from flows.publish import Told
from flows.verdict import Verdict
from flows.workspace import Workspace

SHEETS = {
    "retrieve": ("data/retrieve/sheet.png", "The best images of each label"),
    "compose": ("data/compose/preview.png", "Compositions that the rules allow; compose.rate says how many are made"),
}
"""The stages that leave a picture worth a look, and what it shows."""
CARD = Path("data") / "report" / "model_card.md"
PAGE_IN_MLFLOW = "report/index.html"


def show_sheet(root: Path, stage: str) -> None:
    """Create the artifact `sheet-<stage>` of the current run, if the stage left a picture."""
    if stage in SHEETS and (root / SHEETS[stage][0]).is_file():
        name, words = SHEETS[stage]
        create_markdown_artifact(pictures.markdown_of(root / name, words), key=f"sheet-{stage}", description=words)


def show_index_card(root: Path, run: StageRun) -> None:
    """Create the artifact `index-card` of the current run, if the stage made an index: recall, work and latency.

    The index stands whatever becomes of its card: a card that cannot be shown is a warning.
    """
    if run.state != "ran" or run.stage != index_card.CARD.parent.name or not (root / index_card.CARD).is_file():
        return
    try:
        card = index_card.index_card(root)
    except Exception as error:
        get_run_logger().warning(f"The card of the index could not be shown: {error!r}")
        return
    create_table_artifact(card.table(), key="index-card", description=card.words)


def show(place: Workspace, verdict: Verdict, told: Told) -> None:
    """Create the artifacts of the current flow run that speak of its result."""
    rows = [
        {
            "unseen domain": row.domain,
            "images": row.images,
            "base": f"{row.base_accuracy:.1%}",
            "student": f"{row.student_accuracy:.1%}",
            "gain, points": f"{row.gain_points:+.1f}",
            "95 % interval": f"{row.gain_points_low:+.1f} to {row.gain_points_high:+.1f}",
        }
        for row in results.domains(place.root)
    ]
    if rows:
        create_table_artifact(rows, key="results", description="Zero-shot accuracy, base against student")
    create_markdown_artifact(_summary(place, verdict), key="summary", description="The run in a few lines")
    graph = dvc_says(place.root, place.environment, "dag", "--mermaid")
    if graph:
        create_markdown_artifact(f"```mermaid\n{graph}\n```", key="graph", description="The stages, as DVC knows them")
    in_mlflow = told.link.startswith("http") and not told.trouble
    if text := report.markdown(place.root, f"{told.link}/artifacts/{PAGE_IN_MLFLOW}" if in_mlflow else ""):
        create_markdown_artifact(text, key="report", description="What the manager is told")
    if (card := place.root / CARD).is_file():
        create_markdown_artifact(card.read_text(encoding="utf-8"), key="model-card", description="The model card")
    if in_mlflow:
        create_markdown_artifact(_ways_to_mlflow(told), key="mlflow", description="This run in MLflow")


def _ways_to_mlflow(told: Told) -> str:
    ways = {"This run": told.link, "Its report, in English and Japanese": f"{told.link}/artifacts/{PAGE_IN_MLFLOW}"}
    ways |= {f"The champion and the latest runs, {how}": address for how, address in told.comparisons.items()}
    return "\n".join(f"- [{words}]({address})" for words, address in ways.items())


def _summary(place: Workspace, verdict: Verdict) -> str:
    lines = [f"**Against the commit:** {verdict.kind}. {verdict.sentence}", ""]
    if gap := results.gap(place.root):
        lines += [f"**Modality gap** (centroid distance): base {gap[0]:.3f}, student {gap[1]:.3f}", ""]
    lines += [f"- {name}: {value}" for name, value in results.roi_lines(place.root)]
    return "\n".join(lines)

"""What a run leaves on its page in Prefect: results, the graph, the report's summary, the way to MLflow."""

from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows import results
from flows.dvc import dvc_says
from flows.verdict import Verdict
from flows.workspace import Workspace


def show(place: Workspace, verdict: Verdict, mlflow_link: str) -> None:
    """Create the artifacts of the current flow run."""
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
    if mlflow_link.startswith("http"):
        create_link_artifact(mlflow_link, key="mlflow", link_text="This run in MLflow")


def _summary(place: Workspace, verdict: Verdict) -> str:
    lines = [f"**Against the commit:** {verdict.kind}. {verdict.sentence}", ""]
    if gap := results.gap(place.root):
        lines += [f"**Modality gap** (centroid distance): base {gap[0]:.3f}, student {gap[1]:.3f}", ""]
    lines += [f"- {name}: {value}" for name, value in results.roi_lines(place.root)]
    card = place.root / "data" / "report" / "model_card.md"
    if card.is_file():
        lines += ["", "---", "", card.read_text(encoding="utf-8")]
    return "\n".join(lines)


def report_page(root: Path) -> Path:
    """Where the HTML report lies."""
    return root / "data" / "report" / "index.html"

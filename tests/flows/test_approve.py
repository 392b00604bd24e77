"""A run that asks a person: the page and the form, and on real servers what an answer does."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import MagicMock

import pandas as pd
import pytest
from mlflow import MlflowClient
from PIL import Image

from flows import approval, approve, workspace
from flows.approval import Answer
from flows.approve import form, page_of
from flows.workspace import git
from tests.flows.served import Servers, wait_until
from tests.flows.test_up import processes_in

REVIEW = "id,label,verdict,reason\nnumber-5,bolt,reject,blurred\n"


def selection_in(root: Path) -> None:
    (root / approval.SELECTION).parent.mkdir(parents=True)
    selection = pd.DataFrame({"label": ["bolt", "bolt", "nut"], "confidence": [0.9, 0.6, 0.3]})
    selection.to_parquet(root / approval.SELECTION)


def test_the_page_says_what_was_selected_until_when_and_how_to_answer(tmp_path: Path) -> None:
    selection_in(tmp_path)
    Image.new("RGB", (4, 4)).save(tmp_path / "data" / "retrieve" / "sheet.png")
    page = page_of(tmp_path, datetime(2030, 1, 2, 3, 4, tzinfo=UTC))
    assert "3 images for 2 labels, mean confidence 0.60; the fewest, 1, for nut." in page  # (0.9 + 0.6 + 0.3) / 3
    assert "| nut | 1 | 0.30 | 0.30 |\n| bolt | 2 | 0.75 | 0.60 |" in page
    assert "Resume" in page and "2030-01-02 03:04 UTC" in page
    assert "](data:image/jpeg;base64," in page


def test_the_form_asks_for_verdict_and_name_and_keeps_what_was_written() -> None:
    schema = form("Decide.").model_json_schema()
    assert list(schema["properties"]) == ["verdict", "reviewer", "reason", "review"]
    assert schema["required"] == ["verdict", "reviewer"]
    assert schema["properties"]["verdict"]["enum"] == ["accept", "reject"]
    assert all(field["description"] for field in schema["properties"].values())
    again = form("Decide.", Answer(verdict="reject", reviewer="Aoi")).model_json_schema()["properties"]
    assert [again[name]["default"] for name in again] == ["reject", "Aoi", "", ""]


def test_a_run_finds_the_clone_that_its_earlier_start_left(toy: Path) -> None:
    place = workspace.private_clone(toy, "r1")
    assert workspace.left_by(toy, "r1") is None  # half made, as if killed
    workspace.keep(place)
    left = workspace.left_by(toy, "r1")
    assert left is not None and left.again
    assert (left.root, left.commit, left.snapshot) == (place.root, place.commit, place.snapshot)


@pytest.fixture
def servers(toy: Path) -> Iterator[Servers]:
    with Servers(toy) as up:
        yield up


@pytest.mark.slow
def test_a_person_decides_and_bad_input_is_said_in_one_line(toy: Path, servers: Servers) -> None:
    bad_input_is_one_line_of_the_state_and_of_the_log(toy, servers)
    a_suspended_run_goes_on_when_its_selection_is_accepted(toy, servers)
    a_rejected_run_is_a_branch_with_the_decision_and_nothing_else(toy, servers)
    a_cancelled_run_ends_at_once_and_holds_up_nobody(toy, servers)
    a_run_that_nobody_decides_on_says_so(toy, servers)


def bad_input_is_one_line_of_the_state_and_of_the_log(toy: Path, servers: Servers) -> None:
    overlay = servers.start_run(parameters={"overlay": "nowhere.yaml"})
    rev = servers.start_run(parameters={"rev": "nowhere"})
    together = servers.start_run(steps=1)  # each field by itself is what the form asks for
    for run_id, said in (
        (overlay, "overlay: nowhere.yaml does not exist."),
        (rev, "rev: `nowhere` is no commit,"),
        (together, "form: train: train.names has more names than train.steps has steps. Raise train.steps."),
    ):
        assert servers.wait_for_end(run_id) == "FAILED", servers.messages(run_id)
        message = servers.run(run_id)["state"]["message"]
        assert message.startswith(said) and "\n" not in message
        wait_until(lambda: message in servers.messages(run_id).splitlines(), "its log has arrived")  # noqa: B023
        assert "Traceback" not in servers.messages(run_id)
        assert not (toy / ".kakehashi" / "runs" / run_id).exists()


def a_suspended_run_goes_on_when_its_selection_is_accepted(toy: Path, servers: Servers) -> None:
    run_id = servers.start_run(parameters={"approve": True}, steps=13, seconds_per_step=1.0)
    servers.wait_until_suspended(run_id)
    clone = toy / ".kakehashi" / "runs" / run_id
    wait_until(lambda: processes_in(clone) == [], "no process waits with it", seconds=20)
    assert set(servers.task_states(run_id)) == {"collect", "retrieve"}
    assert "5 images for 2 labels" in servers.artifacts(run_id)["approval"]["data"]

    # An answer that the form itself refuses, one that cannot be followed, one that leaves too few images.
    assert servers.resume(run_id, verdict="perhaps", reviewer="Aoi")["status"] == "REJECT"
    for review, trouble in (
        ("id,label,verdict,reason\nnumber-9,bolt,reject,\n", "no accepted record of the corpus has the id number-9"),
        ("id,verdict,reason\n" + "".join(f"number-{n},reject,\n" for n in (2, 3, 4, 5)), "1 records are left for 2"),
    ):
        assert servers.resume(run_id, verdict="accept", reviewer="Aoi", review=review)["status"] == "ACCEPT"
        wait_until(lambda: servers.run(run_id)["state"]["name"] != "Suspended", "the run goes on")
        servers.wait_until_suspended(run_id)
        description, fields = servers.form_of(run_id)
        assert trouble in description
        assert (fields["reviewer"]["default"], fields["review"]["default"]) == ("Aoi", review)

    assert servers.resume(run_id, verdict="accept", reviewer="Aoi", review=REVIEW)["status"] == "ACCEPT"
    assert servers.wait_for_end(run_id) == "COMPLETED", servers.messages(run_id)
    artifacts = servers.artifacts(run_id)
    assert {
        "approval",
        "decision",
        "graph",
        "mlflow",
        "model-card",
        "report",
        "results",
        "sheet-retrieve",
        "summary",
    } <= set(artifacts)
    assert artifacts["progress-train"]["data"] == 100.0
    assert "](data:image/jpeg;base64," in artifacts["sheet-retrieve"]["data"]
    assert "/artifacts/report/index.html" in artifacts["mlflow"]["data"]
    assert "/#/compare-runs?" in artifacts["mlflow"]["data"]
    assert not clone.exists()

    # The branch keeps the decision and the review that was obeyed; MLflow names who decided.
    decision = json.loads(git(toy, "show", f"runs/{run_id}:approval.json"))
    assert {name: decision[name] for name in ("run_id", "verdict", "reviewer", "review_edited")} == {
        "run_id": run_id, "verdict": "accept", "reviewer": "Aoi", "review_edited": True,
    }  # fmt: skip
    assert decision["selection_md5"].endswith(".dir")
    assert decision["selection_md5"] not in git(toy, "show", f"runs/{run_id}:dvc.lock")  # it was made again
    assert git(toy, "show", f"runs/{run_id}:data/review.csv") == REVIEW.strip()
    (told,) = published(servers, run_id)
    assert (told["approval.verdict"], told["approval.by"], told["approval.review"]) == ("accept", "Aoi", "edited")


def a_rejected_run_is_a_branch_with_the_decision_and_nothing_else(toy: Path, servers: Servers) -> None:
    run_id = servers.start_run(parameters={"approve": True}, steps=4)
    servers.wait_until_suspended(run_id)
    servers.resume(run_id, verdict="reject", reviewer="Aoi", reason="half of them are nuts")
    assert servers.wait_for_end(run_id) == "CANCELLED", servers.messages(run_id)
    state = servers.run(run_id)["state"]
    assert (state["name"], state["message"]) == ("Rejected", "Rejected by Aoi: half of them are nuts")
    assert set(servers.task_states(run_id)) == {"collect", "retrieve"}
    decision = json.loads(git(toy, "show", f"runs/{run_id}:approval.json"))
    assert (decision["verdict"], decision["reason"]) == ("reject", "half of them are nuts")
    assert published(servers, run_id) == []
    assert not (toy / ".kakehashi" / "runs" / run_id).exists()

    # Tried again, it stays what it was decided to be; a run that was completed stays what it was audited as.
    (first_id,) = (tags["prefect.flow_run_id"] for tags in everything_published(servers))
    for ended_id, ends, said in (
        (run_id, "CANCELLED", "Rejected by Aoi: half of them are nuts"),
        (first_id, "COMPLETED", f"This run has ended before; its result stands on branch runs/{first_id}, untouched."),
    ):
        branch = git(toy, "rev-parse", f"runs/{ended_id}")
        servers.retry(ended_id)
        assert servers.wait_for_end(ended_id) == ends, servers.messages(ended_id)
        assert servers.run(ended_id)["state"]["message"].startswith(said)
        assert git(toy, "rev-parse", f"runs/{ended_id}") == branch


def a_cancelled_run_ends_at_once_and_holds_up_nobody(toy: Path, servers: Servers) -> None:
    slow_id = servers.start_run(steps=1000, seconds_per_step=1.0)
    clone = toy / ".kakehashi" / "runs" / slow_id
    wait_until(lambda: any("components.train" in line for line in processes_in(clone)), "the stage runs")
    servers.call("POST", f"/flow_runs/{slow_id}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    began = time.monotonic()
    wait_until(lambda: processes_in(clone) == [], "its processes have ended")
    assert time.monotonic() - began < 5
    assert servers.wait_for_end(slow_id) == "CANCELLED"
    next_id = servers.start_run(steps=5)
    assert servers.wait_for_end(next_id) == "COMPLETED", servers.messages(next_id)


def a_run_that_nobody_decides_on_says_so(toy: Path, servers: Servers) -> None:
    operations = toy / "infra" / "operations.yaml"
    operations.write_text(operations.read_text().replace("hours: 24", f"hours: {1 / 3600}"))
    run_id = servers.start_run(parameters={"approve": True}, steps=6)
    said = "Nobody decided in time: not approved, nothing trained or published. Retry asks again."
    wait_until(lambda: servers.run(run_id)["state"]["message"] == said, "it says why it ended")
    assert servers.run(run_id)["state"]["type"] == "FAILED"
    assert "Nobody by 20" in servers.messages(run_id) and "Traceback" not in servers.messages(run_id)


def everything_published(servers: Servers) -> list[dict[str, str]]:
    """The tags of every run in MLflow."""
    mlflow = MlflowClient(f"http://127.0.0.1:{servers.mlflow_port}")
    experiment = mlflow.get_experiment_by_name("kakehashi")
    assert experiment is not None
    return [dict(run.data.tags) for run in mlflow.search_runs([experiment.experiment_id], "tags.kind = 'pipeline'")]


def published(servers: Servers, run_id: str) -> list[dict[str, str]]:
    """The tags of the MLflow runs that a run of the pipeline left."""
    mlflow = MlflowClient(f"http://127.0.0.1:{servers.mlflow_port}")
    experiment = mlflow.get_experiment_by_name("kakehashi")
    assert experiment is not None, "an earlier run was published"
    asked = f"tags.`prefect.flow_run_id` = '{run_id}'"
    return [dict(run.data.tags) for run in mlflow.search_runs([experiment.experiment_id], asked)]


def test_a_start_that_was_killed_while_it_obeyed_a_review_is_repeated_whole(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outputs are gone and another review lies there, as DVC and we leave them at that moment."""
    place = workspace.private_clone(toy, "r1", with_data=False)
    review, begun = place.root / approval.REVIEW, (place.root / approval.REVIEW).read_bytes()
    review.write_text("half of a review")
    (place.root / approve.QUESTION).parent.mkdir(parents=True, exist_ok=True)
    (place.root / approve.QUESTION).write_text(json.dumps({"key": "k", "seen": "shown.dir"}))
    asked = Answer(verdict="accept", reviewer="Aoi", review=REVIEW.strip())  # as `checked` leaves it
    monkeypatch.setattr(approve, "_answered", lambda place: asked)
    monkeypatch.setattr(approval, "checked", lambda answer, root: answer)
    for name in ("get_run_logger", "create_markdown_artifact"):
        monkeypatch.setattr(approve, name, MagicMock())
    stood: list[bytes] = []
    wait = approval.ApproveParams(hours=1)

    decision = approve.decided(place, "r1", wait, lambda: stood.append(review.read_bytes()))

    assert stood == [begun, REVIEW.encode()]  # the selection of before, which is checked against, then the review's
    assert (decision.review_edited, decision.selection_md5) == (True, "shown.dir")

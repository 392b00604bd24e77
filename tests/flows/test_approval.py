"""A person's decision: what is taken, what is asked again, and what is kept of it."""

from pathlib import Path

import pandas as pd
import pytest

from components.outputs import write_json
from flows import approval
from flows.approval import Answer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in which `retrieve` has just run."""
    for folder in ("retrieve", "validate"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    ids = ["a", "b", "c", "d"]
    pd.DataFrame({"id": ids}).to_parquet(tmp_path / approval.ACCEPTED)
    labels = [{"name": "bolt", "names": ["bolt"]}, {"name": "nut", "names": ["nut"]}]
    write_json({"labels": labels, "templates": ["{}"]}, tmp_path / approval.TASK)
    selection = pd.DataFrame({"label": ["bolt", "bolt", "bolt", "nut"], "confidence": [0.9, 0.6, 0.3, 0.5]})
    selection.to_parquet(tmp_path / approval.SELECTION)
    (tmp_path / approval.REVIEW).write_text("id,label,verdict,reason\n")
    return tmp_path


def test_labels_are_counted_the_scarcest_first(root: Path) -> None:
    counted = approval.selection_by_label(root)
    assert list(counted["label"]) == ["nut", "bolt"]
    assert list(counted["images"]) == [1, 3]
    assert list(counted["mean_confidence"]) == pytest.approx([0.5, 0.6])  # (0.9 + 0.6 + 0.3) / 3
    assert list(counted["least_confidence"]) == pytest.approx([0.5, 0.3])


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(verdict="accept", reviewer="  "), "reviewer is empty"),
        (Answer(verdict="reject", reviewer="Aoi", reason=" "), "reason is empty"),
        (Answer(verdict="reject", reviewer="Aoi", reason="x", review="id,verdict,reason"), "obeys no review"),
        (Answer(verdict="accept", reviewer="Aoi", review="verdict,reason\n"), "^review.csv has no column id"),
        (
            Answer(verdict="accept", reviewer="Aoi", review="id,label,verdict,reason\nz,bolt,reject,\n"),
            "^review.csv: no accepted record of the corpus has the id z",
        ),
        (
            Answer(verdict="accept", reviewer="Aoi", review="id,label,verdict,reason\na,bold,accept,\n"),
            "`bold` is no name in retrieve.labels. Did you mean `bolt`",
        ),
    ],
    ids=["no name", "no reason", "review of a rejected run", "no column", "unknown id", "unknown label"],
)
def test_an_answer_that_cannot_be_followed_is_refused(root: Path, answer: Answer, trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        approval.checked(answer, root)


def test_only_another_review_makes_the_selection_anew(root: Path) -> None:
    stands = Answer(verdict="accept", reviewer="Aoi", review="id,label,verdict,reason\r\n")
    other = Answer(verdict="accept", reviewer="Aoi", review="id,label,verdict,reason\nb,bolt,reject,blurred\n")
    before = b"id,label,verdict,reason\n"
    assert not approval.edited(approval.checked(stands, root), before)
    assert not approval.edited(Answer(verdict="accept", reviewer="Aoi"), before)
    assert approval.edited(approval.checked(other, root), before)
    assert approval.edited(approval.checked(other, root), None)


def test_a_decision_is_of_its_own_run_alone(root: Path) -> None:
    answer = approval.checked(Answer(verdict="reject", reviewer=" Aoi ", reason="half of them are nuts"), root)
    decision = approval.decision_of(answer, root, "r1", seen_md5="a.dir", review_edited=False)
    approval.record(decision, root)
    assert approval.recorded(root, "r1") == decision
    assert approval.recorded(root, "r2") is None  # such as a later run on a branch into which r1's was merged
    assert decision.words == "Rejected by Aoi: half of them are nuts"


def test_mlflow_is_told_who_decided_what(root: Path) -> None:
    answer = Answer(verdict="accept", reviewer="Aoi")
    decision = approval.decision_of(answer, root, "r1", seen_md5="a.dir", review_edited=True)
    assert approval.tags(decision) == {
        "approval.verdict": "accept",
        "approval.by": "Aoi",
        "approval.time": decision.time,
        "approval.review": "edited",
    }
    assert approval.tags(None) == {}


def test_the_hash_of_what_was_looked_at_stands_in_the_lock(root: Path) -> None:
    assert approval.selection_md5(root) == ""
    (root / "dvc.lock").write_text(
        "stages:\n  retrieve:\n    cmd: x\n    outs:\n    - {path: data/retrieve, md5: ab.dir, size: 3}\n"
    )
    assert approval.selection_md5(root) == "ab.dir"

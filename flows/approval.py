"""A person's decision over the selection, before anything is trained on it: how it is checked, kept and told."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat

from components.outputs import read_json, whole_file
from components.params import Section
from flows import lock

if TYPE_CHECKING:
    import pandas as pd

AFTER = "retrieve"
"""The stage whose result is decided on."""
RECORD = "approval.json"
"""The decision, committed beside dvc.lock on the run's branch; it names its run: no other takes it for its own."""
REVIEW = Path("data") / "review.csv"
SELECTION = Path("data") / "retrieve" / "selection.parquet"
TASK = Path("data") / "retrieve" / "labels.json"
ACCEPTED = Path("data") / "validate" / "accepted.parquet"


class ApproveParams(Section):
    """How a run waits for a person who decides over its selection."""

    hours: PositiveFloat
    """A run that nobody has decided on for so long ends as Failed: not approved, nothing trained or published."""


class Answer(BaseModel):
    """What the form asks for, as it was filled in."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid", frozen=True)

    verdict: Literal["accept", "reject"]
    """accept goes on and trains; reject ends the run here."""
    reviewer: str
    """Your name: it is kept with the decision."""
    reason: str = ""
    """Why; required for reject."""
    review: str = ""
    """The text of an edited review.csv, as data/retrieve/review.html saves it: it is obeyed before training.
    Empty keeps the review that stands."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Who decided what, when, and on which selection."""

    run_id: str
    verdict: Literal["accept", "reject"]
    reviewer: str
    reason: str
    time: str
    """ISO 8601, UTC."""
    selection_md5: str
    """The hash under which DVC keeps the selection that was looked at."""
    review_edited: bool
    """Whether an edited review.csv came with it, after which the selection was made again."""

    @property
    def accepted(self) -> bool:
        """Whether the run goes on."""
        return self.verdict == "accept"

    @property
    def words(self) -> str:
        """The decision in one line."""
        edited = " with an edited review.csv" if self.review_edited else ""
        reason = f": {self.reason}" if self.reason else "."
        return f"{self.verdict.capitalize()}ed by {self.reviewer}{edited}{reason}"


def checked(answer: Answer, root: Path) -> Answer:
    """The answer without spaces around its values, once it can be followed.

    Raises:
        ValueError: there is no name, no reason for a rejection, or the review is refused by `retrieve`'s own reader.
    """
    tidy = Answer(**{name: str(value).strip() for name, value in answer.model_dump().items()})
    if not tidy.reviewer:
        raise ValueError("reviewer is empty. Write your name.")
    if tidy.verdict == "reject" and not tidy.reason:
        raise ValueError("reason is empty. Say why you reject: the next run is made from that.")
    if tidy.review:
        if tidy.verdict == "reject":
            raise ValueError("A rejected run obeys no review. Empty `review`, or accept.")
        _check_review(tidy.review, root)
    return tidy


def edited(answer: Answer, earlier: bytes | None) -> bool:
    """Whether the answer brings another review than the one that the run began with, None for none."""
    before = (earlier or b"").decode("utf-8-sig")
    return bool(answer.review) and answer.review.splitlines() != before.strip().splitlines()


def selection_by_label(root: Path) -> "pd.DataFrame":
    """label, images, mean_confidence, least_confidence: a line a label, those with the least images first."""
    import pandas as pd

    selection = pd.read_parquet(root / SELECTION, columns=["label", "confidence"])
    by_label = selection.groupby("label", sort=False)["confidence"]
    counted = by_label.agg(images="size", mean_confidence="mean", least_confidence="min").reset_index()
    return counted.sort_values(["images", "mean_confidence"], kind="stable", ignore_index=True)


def selection_md5(root: Path) -> str:
    """The hash of the selection's folder in dvc.lock; empty if it is not there."""
    file, folder = root / "dvc.lock", SELECTION.parent.as_posix()
    stages = lock.parse(file.read_bytes() if file.is_file() else None)
    return next((stage.outs[folder].md5 for stage in stages.values() if folder in stage.outs), "")


def decision_of(answer: Answer, root: Path, run_id: str, *, seen_md5: str, review_edited: bool) -> Decision:
    """A checked answer as the decision of now; `seen_md5` is the selection that the person was shown."""
    return Decision(
        run_id=run_id,
        verdict=answer.verdict,
        reviewer=answer.reviewer,
        reason=answer.reason,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        selection_md5=seen_md5,
        review_edited=review_edited,
    )


def record(decision: Decision, root: Path) -> None:
    """Write `approval.json`."""
    with whole_file(root / RECORD) as draft:
        draft.write_text(json.dumps(asdict(decision), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def recorded(root: Path, run_id: str) -> Decision | None:
    """The decision over run `run_id` that stands in `root`; None if there is none, or if it is over another run."""
    file = root / RECORD
    return read(file.read_bytes() if file.is_file() else None, run_id)


def read(content: bytes | None, run_id: str) -> Decision | None:
    """The decision over run `run_id` in the content of an `approval.json`; None if it is over another run."""
    values: Mapping[str, Any] = json.loads(content or b"{}")
    return Decision(**values) if values.get("run_id") == run_id else None


def tags(decision: Decision | None) -> dict[str, str]:
    """The decision as MLflow keeps it; nothing for a run that nobody was asked about."""
    if decision is None:
        return {}
    told = {"verdict": decision.verdict, "by": decision.reviewer, "time": decision.time, "reason": decision.reason}
    told["review"] = "edited" if decision.review_edited else "kept"
    return {f"approval.{name}": value for name, value in told.items() if value}


def _check_review(text: str, root: Path) -> None:
    import pandas as pd

    from components.retrieve.review import read_review

    ids = pd.read_parquet(root / ACCEPTED, columns=["id"])["id"]
    labels = [label["name"] for label in read_json(root / TASK)["labels"]]
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / REVIEW.name
        draft.write_text(f"{text}\n", encoding="utf-8")
        try:
            read_review(draft, ids=ids, labels=labels)
        except ValueError as error:
            raise ValueError(str(error).replace(str(draft), REVIEW.name)) from None

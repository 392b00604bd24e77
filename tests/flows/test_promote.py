"""Promotion from publication to the alias: with a certificate, without one, after an edit, and back."""

import json
import shutil
from hashlib import md5
from pathlib import Path

import pytest
from mlflow import MlflowClient

from components import registry, tracking
from flows import results
from flows.lock import Entry
from flows.promote import give_back, promote_run
from flows.recorded import other_files
from flows.store import Store
from tests.flows.conftest import git
from tests.published import make_project, publish, uri

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two publications, r1 and r2, of two commits, and a rule that they meet but for the audit."""
    root = make_project(tmp_path / "project")
    for folder in ("infra", ".dvc"):
        (root / folder).mkdir()
    shutil.copy(ROOT / ".dvc" / "config", root / ".dvc" / "config")
    rule = (ROOT / "infra" / "operations.yaml").read_text()
    rule = rule.replace("least_gain_over_champion_points_low: -1.0", "least_gain_over_champion_points_low: null")
    (root / "infra" / "operations.yaml").write_text(rule)
    figures = root / "data" / "metrics" / "evaluate.json"
    figures.write_text(json.dumps({**json.loads(figures.read_text()), "domains": {"line": {"gain_points": 25.0}}}))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(root))
    git(root, "init", "--quiet", "--initial-branch=main")
    for run in ("r1", "r2"):
        with (root / "dvc.lock").open("a") as lock:
            lock.write(f"# {run}\n")
        git(root, "add", "params.yaml", "dvc.yaml", "dvc.lock", "data/metrics", "infra")
        git(root, "commit", "--quiet", "--message", f"run {run}")
        git(root, "branch", f"runs/{run}")
        publish(root, **{"prefect.flow_run_id": run, "licence.verdict": "credit", "dvc.branch": f"runs/{run}",
                         "git.commit": git(root, "rev-parse", "HEAD"), "dvc.lock.md5": lock_md5(root)})  # fmt: skip
    return root


def lock_md5(root: Path) -> str:
    return md5((root / "dvc.lock").read_bytes()).hexdigest()


def certify(home: Path, run: str, verdict: str) -> None:
    """What an audit of the run leaves, in short."""
    commit = git(home, "rev-parse", f"runs/{run}")
    file = home / ".kakehashi" / "audits" / commit[:12] / "certificate.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"verdict": verdict, "holds": True, "subject": {"commit": commit, "run_id": run}}))


@pytest.mark.slow
def test_a_run_becomes_champion_once_its_audit_passed_and_the_way_back_is_one_call(home: Path) -> None:
    client = tracking.connect(uri(home))
    refused = promote_run(home, "r1")
    assert not refused.promoted
    assert "| audit | none | identical or equivalent | ✗ |" in refused.words
    assert refused.in_one_line.startswith("**Refused:** version 1, run r1, the first champion, by ")
    assert refused.in_one_line.endswith(". audit: none; wanted identical or equivalent")
    assert registry.version_by_alias(client, registry.CHAMPION) is None
    first = registry.version(client, 1)
    assert first.tags["decision"] == "refused"
    assert first.tags["decision.reasons"] == "audit: none; wanted identical or equivalent"

    certify(home, "r1", "identical")
    assert promote_run(home, "r1", by="  Hanako\nYamada ").words.startswith(
        "**Promoted:** version 1, run r1, the first champion, by Hanako Yamada at "
    )
    assert registry.version(client, 1).tags["decision.by"] == "Hanako Yamada"
    assert not promote_run(home, "r2").promoted  # another run's certificate is not its own
    certify(home, "r2", "equivalent")
    assert promote_run(home, "challenger").promoted  # r2, the newest
    assert client.get_registered_model(registry.MODEL).aliases == {"champion": 2, "challenger": 2}
    assert promote_run(home, "r2").words == "Version 2 is the champion already. Nothing changed."

    back = give_back(home)
    assert back.words.startswith("**Rolled back** from version 2 to version 1")
    assert client.get_registered_model(registry.MODEL).aliases["champion"] == 1
    assert registry.version(client, 2).tags["decision"] == "rolled back"
    assert "**Promoted:**" in client.get_model_version(registry.MODEL, "2").description  # what was decided stays
    with pytest.raises(LookupError, match="No published run goes by 'r9'"):
        promote_run(home, "r9")


@pytest.mark.slow
def test_what_was_edited_in_mlflow_after_the_audit_promotes_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certify(home, "r2", "identical")
    client = MlflowClient(uri(home))
    (run,) = client.search_runs(["1"], "tags.`prefect.flow_run_id` = 'r2' and tags.kind = 'pipeline'")

    client.log_metric(run.info.run_id, "gain/accuracy_points", 99.0)
    client.log_metric(run.info.run_id, "domains/snow/gain_points", 50.0)
    edited = promote_run(home, "r2")
    assert not edited.promoted
    assert "gain/accuracy_points of" in edited.in_one_line and "is 99.0, the commit says 25.0" in edited.in_one_line
    assert "domains/snow/gain_points of" in edited.in_one_line
    client.log_metric(run.info.run_id, "gain/accuracy_points", 25.0)

    # The licences are read from the recorded data where this checkout has it, whatever the tag says.
    monkeypatch.setattr("flows.recorded.store.recorded", lambda outs, path, stores: home / "accepted.parquet")
    monkeypatch.setattr(results, "licence_verdict_of", lambda file: "obstacle")
    assert "licences: obstacle; wanted" in promote_run(home, "r2").in_one_line
    monkeypatch.undo()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(home))

    # Another result's dvc.lock in the tag brings another result's figures, and no certificate.
    client.set_tag(run.info.run_id, "dvc.lock.md5", "0" * 32)
    unknown = promote_run(home, "r2").in_one_line
    assert "audit: none; wanted" in unknown and "the run is no commit here" in unknown


def test_a_student_that_is_not_the_trained_one_is_named(tmp_path: Path) -> None:
    student, cache = tmp_path / "student", Store(tmp_path / "cache")
    student.mkdir()
    (student / "weights").write_bytes(b"trained")
    (student / "config").write_bytes(b"{}")
    files = [{"relpath": name, "md5": md5((student / name).read_bytes()).hexdigest()} for name in ("config", "weights")]
    listing = json.dumps(files).encode()
    out = Entry("data/train", f"{md5(listing).hexdigest()}.dir", 9)
    assert list(other_files(student, [out], [cache])) == []  # nobody knows what it should be
    cache.place(out.md5).parent.mkdir(parents=True)
    cache.place(out.md5).write_bytes(listing)
    assert list(other_files(student, [Entry("data/metrics/train.json", "0" * 32, 9), out], [cache])) == []
    (student / "weights").write_bytes(b"swapped")
    (student / "config").unlink()
    assert list(other_files(student, [out], [cache])) == [
        "config of the registered student is not the one that was trained",
        "weights of the registered student is not the one that was trained",
    ]

"""Promotion from publication to the alias, with a certificate, without one, and back."""

import json
from pathlib import Path

import pytest

from components import registry, tracking
from flows.promote import give_back, promote_run
from tests.published import make_project, publish, uri

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two publications, r1 and r2, and a rule that they meet but for the audit."""
    root = make_project(tmp_path / "project")
    figures = root / "data" / "metrics" / "evaluate.json"
    figures.write_text(json.dumps({**json.loads(figures.read_text()), "domains": {"line": {"gain_points": 25.0}}}))
    for run in ("r1", "r2"):
        publish(root, **{"prefect.flow_run_id": run, "licence.verdict": "credit"})
    (root / "infra").mkdir()
    rule = (ROOT / "infra" / "operations.yaml").read_text()
    rule = rule.replace("least_gain_over_champion_points_low: -1.0", "least_gain_over_champion_points_low: null")
    (root / "infra" / "operations.yaml").write_text(rule)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(root))
    return root


def certify(home: Path, run: str, verdict: str) -> None:
    file = home / ".kakehashi" / "audits" / run / "certificate.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"verdict": verdict}))


@pytest.mark.slow
def test_a_run_becomes_champion_once_its_audit_passed_and_the_way_back_is_one_call(home: Path) -> None:
    client = tracking.connect(uri(home))
    refused = promote_run(home, "r1")
    assert not refused.promoted
    assert "| audit | none | identical or equivalent | ✗ |" in refused.words
    assert registry.version_by_alias(client, registry.CHAMPION) is None
    first = registry.version(client, 1)
    assert first.tags["decision"] == "refused"
    assert first.tags["decision.reasons"] == "audit: none; wanted identical or equivalent"

    certify(home, "r1", "identical")
    certify(home, "r2", "equivalent")
    assert promote_run(home, "r1").promoted
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

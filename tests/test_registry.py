"""Champion and challenger in a real registry: titles, decisions, the way back, and the champion at work."""

import base64
import io
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components import published, registry, tracking
from components.registry import CHALLENGER, CHAMPION, MODEL
from flows.environment import child_environment
from tests.flows.served import free_port, wait_until
from tests.published import make_project, publish, uri


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three publications: versions 1, 2 and 3."""
    root = make_project(tmp_path_factory.mktemp("project"))
    for run in ("r1", "r2", "r3"):
        publish(root, **{"prefect.flow_run_id": run})
    return root


def number(client: tracking.Client, alias: str) -> int | None:
    found = registry.version_by_alias(client, alias)
    return None if found is None else found.number


def test_each_publication_challenges_and_none_is_champion_by_itself(project: Path) -> None:
    client = tracking.connect(uri(project))
    assert (number(client, CHALLENGER), number(client, CHAMPION)) == (3, None)
    assert "# Student" in client.get_model_version(MODEL, "3").description
    second = published.published_run(client, "r2")
    found = registry.version_of_run(client, second.run_id)
    assert found is not None and found.number == 2


def test_titles_go_from_one_to_the_next_and_back(project: Path) -> None:
    client = tracking.connect(uri(project))
    with pytest.raises(LookupError, match="There is no champion to roll back"):
        registry.roll_back(client)
    registry.crown(client, registry.version(client, 1))
    with pytest.raises(LookupError, match="Version 1 is the first champion"):
        registry.roll_back(client)
    registry.crown(client, registry.version(client, 3))
    registry.crown(client, registry.version(client, 3))  # twice changes nothing: 1 stays the one before
    assert number(client, CHAMPION) == 3
    fallen, restored = registry.roll_back(client)
    assert (fallen.number, restored.number, number(client, CHAMPION)) == (3, 1, 1)
    assert number(client, CHALLENGER) == 3


def test_decisions_stand_above_the_cards_the_latest_first(project: Path) -> None:
    client = tracking.connect(uri(project))
    second = registry.version(client, 2)
    registry.record_decision(client, second, "**Refused.**", {"decision": "refused"})
    registry.record_decision(client, second, "**Promoted.**", {"decision": "promoted"})
    described = client.get_model_version(MODEL, "2").description
    assert described == "**Promoted.**\n\n**Refused.**\n\n<!-- cards -->\n\n# Student"
    assert registry.version(client, 2).tags["decision"] == "promoted"


def test_a_description_never_grows_beyond_what_the_registry_takes(project: Path) -> None:
    client = tracking.connect(uri(project))
    second = registry.version(client, 2)
    for _ in range(4):
        registry.record_decision(client, second, "word " * 300, {})
    assert len(client.get_model_version(MODEL, "2").description) <= registry.DESCRIPTION_CHARACTERS


@pytest.mark.parametrize(
    ("text", "characters", "kept"),
    [("one\n\ntwo", 100, "one\n\ntwo"), ("one\n\ntwo\n\nthree", 13, "one\n\ntwo\n\n…"), ("abcdef", 4, "abc…")],
    ids=["whole", "paragraphs", "one-paragraph"],
)
def test_shortened_at_a_paragraph(text: str, characters: int, kept: str) -> None:
    assert registry.shortened(text, characters) == kept


def test_the_files_of_a_version_are_the_student_and_its_labels(project: Path) -> None:
    tracking.connect(uri(project))
    with tracking.student_files(1) as (model, labels):
        assert json.loads((model / "open_clip_config.json").read_text()) == {"mean": 3.0}
        assert [label["name"] for label in json.loads(labels.read_text())["labels"]] == ["bolt", "washer"]


@pytest.mark.slow
def test_the_champion_is_served_by_mlflow_itself(project: Path, tmp_path: Path) -> None:
    """White is 1 to the toy model, so its vector is [1, 1]/√2."""
    client = tracking.connect(uri(project))
    registry.crown(client, registry.version(client, 1))
    png = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(png, "png")
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", f"models:/{MODEL}@{CHAMPION}"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    env = {**child_environment(project), "MLFLOW_TRACKING_URI": uri(project)}
    env.pop("PYTHONPATH", None)  # the champion brings its own code
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(lambda: server.poll() is None and answers(port), "the model is served")
        body = {"dataframe_records": [{"images": base64.b64encode(png.getvalue()).decode()}]}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            assert json.loads(response.read())["predictions"] == [pytest.approx([np.sqrt(0.5), np.sqrt(0.5)])]
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False

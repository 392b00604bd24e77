"""The whole chain on a tiny setting, through its doors, and broken on the way."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from PIL import Image

from components.corpus import read_image_bytes, read_manifest
from components.params import read_yaml
from flows import settings
from flows.environment import child_environment, tool
from flows.form import section_models
from flows.graph import stage_order
from flows.supervise import Supervised
from tests.flows.conftest import Ear
from tests.flows.served import Servers

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def own_environment(root: Path) -> dict[str, str]:
    """The environment of a process in `root`, with no server and no folder of ours in it."""
    env = {**child_environment(root), "DVC_SITE_CACHE_DIR": str(root.parent / "site")}
    return {name: value for name, value in env.items() if name not in NOT_OURS}


NOT_OURS = ("PREFECT_HOME", "PREFECT_API_URL", "MLFLOW_TRACKING_URI")


def command(root: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    env = {**own_environment(root), **extra}
    return subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)


def dvc(root: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return command(root, str(tool("dvc")), *words, **extra)


def tiny_project(folder: Path) -> Path:
    """The project as it stands here, committed with the tiny settings, without any result."""
    folder.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("data/metrics/", "dvc.lock")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    settings.change_settings(folder / "params.yaml", [settings.overlay(ROOT / "tests" / "tiny.yaml")], section_models())
    identity = ["-c", "user.name=tiny", "-c", "user.email=tiny@localhost"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-q", "-m", "tiny"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    """The chain, run once by plain `dvc repro` with no server, under the ear beside it."""
    root = tiny_project(tmp_path_factory.mktemp("plain") / "project")
    done = dvc(root, "repro", **Ear(root.parent / "ear").environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def test_every_stage_did_real_work(reproduced):
    figures = {
        stage: json.loads((reproduced / f"data/metrics/{stage}.json").read_text()) for stage in stage_order(ROOT)
    }
    assert figures["collect"]["corpus_images"] == 408
    assert figures["validate"]["accepted"] + figures["validate"]["quarantined"] == 408
    assert figures["retrieve"]["labels_with_hits"] == 4
    assert figures["evaluate"]["labels"] == 4 and set(figures["evaluate"]["domains"]) == {"line", "thermal"}
    assert (reproduced / "data/report/index.html").stat().st_size > 10_000


def test_no_stage_asks_for_a_host_outside(reproduced):
    ear = Ear(reproduced.parent / "ear")
    processes = "\n".join(ear.processes())
    assert [stage for stage in stage_order(ROOT) if f"components.{stage}" not in processes] == [], "not heard"
    assert ear.outside() == []


def test_the_accepted_corpus_has_no_labels(reproduced):
    columns = pd.read_parquet(reproduced / "data/validate/accepted.parquet").columns
    assert not {"label", "domain", "split"} & set(columns)


def test_a_second_repro_does_nothing(reproduced):
    before = (reproduced / "dvc.lock").read_bytes()
    done = dvc(reproduced, "repro")
    assert done.stdout.count("didn't change, skipping") == len(stage_order(ROOT))
    assert (reproduced / "dvc.lock").read_bytes() == before


def test_the_flow_in_a_checkout_gives_the_same_lock_and_tells_mlflow(reproduced, tmp_path):
    root = tiny_project(tmp_path / "flow")
    ear = Ear(tmp_path / "ear")
    run = [sys.executable, "-m", "flows.cli", "run", "--note", "the second door"]
    done = command(root, *run, **ear.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert any("components.train" in process for process in ear.processes())
    assert ear.outside() == []
    assert (root / "dvc.lock").read_bytes() == (reproduced / "dvc.lock").read_bytes()
    assert "line" in done.stdout and "thermal" in done.stdout and "index.html" in done.stdout

    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{root / '.kakehashi' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("kakehashi")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if run.data.tags["kind"] == "pipeline"]
    assert any(name.startswith("roi/01_") for name in parent.data.metrics)
    assert {run.info.run_name for run in runs} == {"the second door", *stage_order(ROOT)}
    served = command(
        root,
        sys.executable,
        "-c",
        "import mlflow, pandas as pd\n"
        f"mlflow.set_tracking_uri('sqlite:///{root / '.kakehashi' / 'mlflow.db'}')\n"
        "student = mlflow.pyfunc.load_model('models:/kakehashi-student@challenger')\n"
        "print(student.predict(pd.DataFrame({'texts': ['hex bolt']}), params={'output': 'labels'}).shape)\n",
    )
    assert served.stdout.strip().endswith("(1, 4)"), served.stderr


def test_a_deployment_in_a_private_clone_gives_the_same_lock(reproduced, tmp_path):
    root = tiny_project(tmp_path / "deployed")  # with an empty cache of its own: every stage computes
    with Servers(root, own_environment(root)) as up:
        run_id = up.start_run()
        assert up.wait_for_end(run_id, seconds=600) == "COMPLETED", up.messages(run_id)
        states, card = up.task_states(run_id), json.loads(up.artifacts(run_id)["index-card"]["data"])
    assert {"recall@10", "scanned", "p50, ms", "p99, ms"} <= set(card[0])
    assert states == dict.fromkeys([*stage_order(ROOT), "publish to MLflow"], "Completed")
    published = subprocess.check_output(["git", "show", f"runs/{run_id}:dvc.lock"], cwd=root)
    assert published == (reproduced / "dvc.lock").read_bytes()
    assert not (root / "dvc.lock").exists(), "a deployment leaves the checkout alone"


def test_a_word_finds_images_with_their_provenance(reproduced):
    done = command(reproduced, sys.executable, "-m", "flows.cli", "search", "hex bolt", "--top", "3", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "synthetic://" in done.stdout


def test_a_picture_finds_itself_and_is_drawn(reproduced, tmp_path):
    folder = reproduced / "data" / "collect" / "corpus"
    records = read_manifest(reproduced / "data" / "validate" / "accepted.parquet", learning=True)
    (tmp_path / "picture.png").write_bytes(next(read_image_bytes(folder, records[7:8])))
    words = ["search", "--image", str(tmp_path / "picture.png"), "--top", "1", "--sheet", str(tmp_path / "sheet.png")]
    done = command(reproduced, sys.executable, "-m", "flows.cli", *words, COLUMNS="300")
    assert done.returncode == 0, done.stderr
    assert records["id"][7] in done.stdout
    assert Image.open(tmp_path / "sheet.png").width > 64


def test_a_persons_review_is_obeyed(reproduced, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(reproduced, root, symlinks=True)
    selection = pd.read_parquet(root / "data/retrieve/selection.parquet")
    refused, wanted = selection["id"][0], pd.read_parquet(root / "data/retrieve/dropped.parquet")["id"].iloc[-1]
    (root / "data/review.csv").write_text(
        f"id,label,verdict,reason\n{refused},,reject,a nut\n{wanted},flat washer,accept,\n"
    )
    done = dvc(root, "repro", "retrieve")
    assert done.returncode == 0, done.stdout + done.stderr
    again = pd.read_parquet(root / "data/retrieve/selection.parquet").set_index("id")["label"]
    assert refused not in again.index
    assert again[wanted] == "flat washer"
    figures = json.loads((root / "data/metrics/retrieve.json").read_text())
    assert (figures["accepted_by_review"], sum(figures["rejected_by_review"].values())) == (1, 1)


def test_a_search_without_its_records_is_one_line(reproduced, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(reproduced, root, symlinks=True)
    records = root / "data" / "validate" / "accepted.parquet"
    records.unlink()
    done = command(root, sys.executable, "-m", "flows.cli", "search", "hex bolt")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(f"{records} does not exist.")


@pytest.mark.parametrize(
    ("change", "stage", "message"),
    [
        ("train.optimiser.stepz=3", "train", "train.optimiser.stepz is not a parameter. Did you mean `steps`?"),
        ("index.kind=ivf index.lists=100000", "index", "index: params.yaml: index.lists is 100000, but there are only"),
        (
            "retrieve.least_cosine=1.0",
            "retrieve",
            "retrieve: params.yaml: retrieve.labels: nothing in the corpus was found",
        ),
    ],
)
def test_a_mistake_is_one_line_and_leaves_earlier_results(reproduced, tmp_path, change, stage, message):
    root = tmp_path / "project"
    shutil.copytree(reproduced, root, symlinks=True)
    before = {file: file.read_bytes() for file in (root / "data" / "metrics").glob("*.json")}
    changes = [word for each in change.split() for word in ("--set", each)]
    done = command(root, sys.executable, "-m", "flows.cli", "run", *changes)
    assert done.returncode != 0
    assert message in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stdout + done.stderr
    assert {file: file.read_bytes() for file in before} == before
    assert (root / "data" / stage).is_dir()


def test_a_stage_killed_midway_leaves_nothing_that_looks_finished(reproduced, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(reproduced, root, symlinks=True)
    collected, figures = root / "data" / "collect", root / "data" / "metrics" / "collect.json"
    shutil.rmtree(collected)
    figures.unlink()
    shutil.rmtree(root / ".dvc" / "cache")  # or DVC would lay out the result it remembers, and run nothing
    lock = (root / "dvc.lock").read_bytes()
    words = read_yaml(root / "dvc.yaml")["stages"]["collect"]["cmd"].split()

    with Supervised([sys.executable, *words[1:]], cwd=root, env=child_environment(root), output=2) as stage:
        while not (collected / ".corpus.draft" / "00000.tar").exists():
            assert stage.running(), "the stage ended before its first image was written"
            time.sleep(0.01)
        (process,) = psutil.Process(stage.pid).children()
        assert "components.collect" in process.cmdline()
        process.kill()  # as `kill -9` and the kernel out of memory do; its supervisor ends the workers it leaves
        assert stage.wait().exit_code == 128 + signal.SIGKILL
    assert sorted(path.name for path in collected.iterdir()) == [".corpus.draft", ".evaluation.draft"]
    assert not figures.exists()

    again = dvc(root, "repro", "collect")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Running stage 'collect'" in again.stdout
    assert sorted(path.name for path in collected.iterdir() if path.is_dir()) == ["corpus", "evaluation"]
    assert (root / "dvc.lock").read_bytes() == lock

"""The smallest folder that a finished run could leave, and its publication to a MLflow of its own."""

import json
from pathlib import Path
from typing import Any

from components import tracking

ROOT = Path(__file__).resolve().parents[1]
TOY_NOUNS = ROOT / "tests" / "flows" / "toy" / "components"
TAGS = {"git.commit": "c0ffee", "dvc.lock.md5": "0123", "dvc.branch": "runs/r1", "prefect.flow_run_id": "r1"}
COLLECT = {"stage": "collect", "state": "cached", "wall_seconds": 0.5, "peak_rss_bytes": 10**8}
TRAIN = {"stage": "train", "state": "ran", "wall_seconds": 60.0, "peak_rss_bytes": 2 * 10**9}
MEASUREMENTS = {"stages": [COLLECT | {"started_unix_seconds": 1000.0}, TRAIN | {"started_unix_seconds": 1001.0}]}
LOCK = """\
stages:
  collect:
    outs:
    - {path: data/collect, hash: md5, md5: aa.dir, size: 12, nfiles: 2}
    - {path: data/metrics/collect.json, hash: md5, md5: bb, size: 3}
  train:
    deps:
    - {path: components/train, hash: md5, md5: cc.dir, size: 4, nfiles: 1}
    - {path: data/collect, hash: md5, md5: aa.dir, size: 12, nfiles: 2}
    outs:
    - {path: data/train, hash: md5, md5: dd.dir, size: 5, nfiles: 2}
"""


def make_project(root: Path) -> Path:
    """Fill `root` with what a finished run of the toy model leaves."""
    files: dict[str, Any] = {
        "params.yaml": "collect:\n  seed: 1\ntrain:\n  steps: 3\n  optimiser: {rate: 0.5, names: [a, b]}\n",
        "dvc.yaml": "stages: {}\n",
        "dvc.lock": LOCK,
        "data/metrics/collect.json": {"images": 5},
        "data/metrics/train.json": {"loss": {"clip": 0.25, "gap": 0.5}, "note": "text is no figure"},
        "data/metrics/evaluate.json": {
            "base": {"mean_accuracy": 0.25}, "student": {"mean_accuracy": 0.5},
            "gain": {"accuracy_points": 25.0, "accuracy_points_low": 20.0, "accuracy_points_high": 30.0},
        },
        "data/metrics/report.json": {"saved_usd": 100.0, "accuracy_gain_points": 25.0, "currency": "USD"},
        "data/train/curve.csv": "step,clip,gap\n0,2.0,1.0\n1,1.0,\n2,0.5,0.25\n",
        "data/train/open_clip_config.json": {"mean": 3.0},
        "data/train/open_clip_model.safetensors": "toy",
        "data/retrieve/labels.json": {
            "labels": [{"name": "bolt", "names": ["bolt"]}, {"name": "washer", "names": ["washer"]}],
            "templates": ["a {}"],
        },
        "data/report/index.html": "<p>25 points</p>",
        "data/report/model_card.md": "# Student",
    }  # fmt: skip
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content if isinstance(content, str) else json.dumps(content))
    (root / "components").mkdir()
    for folder in (ROOT / "components", TOY_NOUNS):  # the toy's clip.py stands in for the real one
        for file in folder.glob("*.py"):
            (root / "components" / file.name).write_bytes(file.read_bytes())
    return root


def uri(project: Path) -> str:
    return f"sqlite:///{project / 'mlflow.db'}"


def publish(project: Path, **changed: Any) -> str:
    artifacts = project / "artifacts"
    tags = TAGS | changed
    return tracking.publish(
        project, tracking_uri=uri(project), measurements=MEASUREMENTS, tags=tags, note="Why.", artifact_folder=artifacts
    )

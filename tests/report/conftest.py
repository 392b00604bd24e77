"""A fabricated run: invented, plausible results of the ten earlier stages, small enough to write in a moment."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from ruamel.yaml import YAML

from components.report.__main__ import main
from components.report.params import Assumptions

FOLDERS = ("metrics", "validate", "pretrain", "retrieve", "compose", "train", "evaluate", "report")
PATHS = (
    *("metrics", "validate/accepted.parquet", "pretrain", "retrieve", "compose/preview.png", "train"),
    *("evaluate/predictions.parquet", "report", "metrics/report.json"),
)
LABELS = ["washer", "hex bolt", "gear", "bearing", "spring", "hinge"]
FABRICATED_ASSUMPTIONS: dict[str, Any] = {
    "decisions_per_year": 10_000,
    "error_handling_minutes": 15,  # 15 min at $20 an hour: $5 an error
    "error_handling_usd_per_hour": 20,
    "running_cost_usd_per_year": 300,
    "engineer_hours": 10,
    "engineer_usd_per_hour": 90,
    "compute_hours": 30,
    "compute_usd_per_hour": 10,
    "labels_avoided_images": 5_000,
    "cost_per_label_usd": 0.1,
    "horizon_years": 4,
    "discount_rate": 0,
    "yen_per_usd": 150,
}
FABRICATED_PARAMS: dict[str, Any] = {
    "assumptions": FABRICATED_ASSUMPTIONS,
    "sensitivity_share": 0.3,
    "authors_shown": 2,
    "weakest_labels_shown": 3,
}
MODEL_FIGURES = (
    *(f"{way}_recall_at_{rank}" for way in ("image_to_text", "text_to_image") for rank in (1, 5, 10)),
    *("image_to_text_map", "text_to_image_map", "centroid_distance", "linear_separability", "uniformity"),
    *("alignment", "cross_uniformity"),
)


@pytest.fixture
def assumptions() -> Assumptions:
    """10,000 decisions a year at $5 an error; $900 + $300 once, $300 a year, four years, no interest."""
    return Assumptions(**FABRICATED_ASSUMPTIONS)


@pytest.fixture
def fabricated_run(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Write an invented run, whose student is right `student_accuracy` of the time, and enter its folder."""

    def write(
        *, student_accuracy: float = 0.6, author: str = "A. Painter", caption: str = "a gear", url: str = ""
    ) -> Path:
        monkeypatch.chdir(tmp_path)
        data = tmp_path / "data"
        for folder in FOLDERS:
            (data / folder).mkdir(parents=True, exist_ok=True)
        YAML().dump({"report": FABRICATED_PARAMS}, tmp_path / "params.yaml")
        predictions = fabricated_predictions(student_accuracy)
        predictions.to_parquet(data / "evaluate/predictions.parquet")
        write_metrics(data / "metrics", predictions)
        write_corpus(data, author, caption, url)
        for file in ("retrieve/sheet.png", "compose/preview.png"):
            (data / file).write_bytes(fabricated_png())
        (data / "pretrain/open_clip_config.json").write_text('{"model_cfg": {"embed_dim": 128}}')
        (data / "pretrain/provenance.json").write_text('{"weights": "scratch"}')
        (data / "train/provenance.json").write_text('{"seed": 1, "base": {"sha256": "00ff"}}')
        return data

    return write


@pytest.fixture
def make_report() -> Callable[[Path], Path]:
    """Run the stage on a fabricated run; returns the report's folder."""

    def make(data: Path) -> Path:
        main(*(data / path for path in PATHS))
        return data / "report"

    return make


def fabricated_predictions(student_accuracy: float) -> pd.DataFrame:
    """240 images in two domains; the base is right 40 % of the time."""
    generator = np.random.default_rng(7)
    label = generator.choice(LABELS, 240)
    wrong = np.array([LABELS[(LABELS.index(name) + 1) % len(LABELS)] for name in label])
    return pd.DataFrame(
        {
            "id": [f"evaluation/{row:04d}" for row in range(240)],
            "domain": np.repeat(["line", "pencil"], [100, 140]),
            "label": label,
            "base_label": np.where(generator.random(240) < 0.4, label, wrong),
            "student_label": np.where(generator.random(240) < student_accuracy, label, wrong),
            "base_score": 0.5,
            "student_score": 0.5,
        }
    )


def write_metrics(folder: Path, predictions: pd.DataFrame) -> None:
    right = predictions.assign(
        base=predictions["base_label"] == predictions["label"],
        student=predictions["student_label"] == predictions["label"],
    )
    shares = right.groupby("domain")[["base", "student"]].mean()
    gain = shares["student"] - shares["base"]
    domains = {
        domain: {
            "images": int((predictions["domain"] == domain).sum()),
            **{f"{who}_accuracy": shares.loc[domain, who] for who in ("base", "student")},
            **{f"{who}_balanced_accuracy": shares.loc[domain, who] - 0.01 for who in ("base", "student")},
            "gain_points": 100 * gain[domain],
            "gain_points_low": 100 * gain[domain] - 9,
            "gain_points_high": 100 * gain[domain] + 9,
        }
        for domain in shares.index
    }
    models = {
        who: {
            "mean_accuracy": shares[who].mean(),
            "mean_balanced_accuracy": shares[who].mean() - 0.01,
            **dict.fromkeys(MODEL_FIGURES, 0.25 if who == "base" else 0.375),
        }
        for who in ("base", "student")
    }
    mean_gain = 100 * gain.mean()
    files = {
        "collect": {"sources": {"render": 700, "photo": 500}},
        "validate": {
            "collected": 1200,
            "accepted": 1000,
            "quarantined": 200,
            "reasons": {"broken_image": 20, "forbidden_licence": 180, "repeated_id": 0},
        },
        "pretrain": {"parameters": 2_000_000},
        "embed": {"vectors": 1000},
        "index": {"recall_at_10": 0.98},
        "retrieve": {"selected": 300, "labels_with_hits": 6, "conflicts": 12, "evaluation_copies_left_out": 7},
        "compose": {"planned": 400, "expected_compositions_per_epoch": 60.0},
        "train": {"steps": 100, "loss": {"first": 4.1, "last": 1.2}},
        "align": {"image_to_text_map": 0.5},
        "evaluate": {
            "labels": len(LABELS),
            "images": len(predictions),
            **models,
            "align": {"image_to_text_map": 0.51, "text_to_image_map": 0.49},
            "gain": {
                "accuracy_points": mean_gain,
                "accuracy_points_low": mean_gain - 7,
                "accuracy_points_high": mean_gain + 7,
            },
            "domains": domains,
        },
    }
    for stage, values in files.items():
        (folder / f"{stage}.json").write_text(json.dumps(values))


def write_corpus(data: Path, author: str, caption: str, url: str) -> None:
    rows = 40
    accepted = pd.DataFrame(
        {
            "id": [f"render/{row:04d}" for row in range(rows)],
            "source": ["render" if row % 2 else "photo" for row in range(rows)],
            "licence": ["CC-BY-4.0" if row % 4 else "CC-BY-SA-4.0" for row in range(rows)],
            "author": [author if row % 3 else f"Author {row % 5}" for row in range(rows)],
            "url": [url or f"https://example.org/{row}" for row in range(rows)],
            "language": ["ja" if row % 2 else "en" for row in range(rows)],
            "caption": caption,
        }
    )
    accepted.to_parquet(data / "validate/accepted.parquet")
    selection = accepted.iloc[::3].assign(label=[LABELS[row % 6] for row in range(14)], score=0.25)
    selection.to_parquet(data / "retrieve/selection.parquet")


def fabricated_png() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((64, 32)).save(buffer, "png")
    return buffer.getvalue()

"""Stage `validate` on the synthetic corpus: every planted fault is found, and nothing else."""

from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from components.collect.__main__ import main as collect
from components.corpus import COLUMNS, LEARNING_COLUMNS, read_manifest
from components.outputs import read_json
from components.params import read_yaml
from components.stage import run
from components.validate.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
IMAGES = 400
FAULTS = {  # shares of 400 images: the count, and the reason that `validate` gives
    "broken": (0.01, 4, "broken_image"),
    "exact_duplicate": (0.02, 8, "exact_duplicate"),
    "near_duplicate": (0.02, 8, "near_duplicate"),
    "empty_caption": (0.01, 4, "empty_caption"),
    "forbidden_licence": (0.02, 8, "forbidden_licence"),
    "tiny": (0.01, 4, "small_image"),
    "evaluation_copy": (0.015, 6, "evaluation_copy"),
    "mismatched_caption": (0.02, 8, ""),  # no rule can see it: the words are sound, and the picture is
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A small synthetic corpus with planted faults, in a folder with its settings."""
    folder = tmp_path_factory.mktemp("collected")
    params = {section: read_yaml(ROOT / "params.yaml")[section] for section in ("collect", "validate")}
    params["collect"] |= {
        "corpus": [
            {"name": name, "format": "synthetic", "style": name, "images": IMAGES} for name in ("render", "blueprint")
        ],
        "evaluation": [{"name": "line", "format": "synthetic", "style": "line", "images": 48}],
        "workers": 1,
    }
    params["collect"]["synthetic"]["faults"] = {kind: share for kind, (share, _, _) in FAULTS.items()}
    YAML().dump(params, folder / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        collect(folder / "corpus", folder / "evaluation", folder / "truth.parquet", folder / "collect.json")
    return folder, params


@pytest.fixture
def place(collected, monkeypatch):
    monkeypatch.chdir(collected[0])
    return collected[0]


def validate(place, out):
    main(place / "corpus", place / "evaluation", out / "validate", out / "metrics.json")
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


def test_every_planted_fault_is_found_and_nothing_else(place, tmp_path):
    validate(place, tmp_path)
    metrics = read_json(tmp_path / "metrics.json")
    planted = {reason: count for _, count, reason in FAULTS.values() if reason}  # 42 in each source
    for source in ("render", "blueprint"):
        assert metrics["sources"][source]["reasons"] == dict(sorted(planted.items(), key=lambda item: order(item[0])))
        assert metrics["sources"][source]["accepted"] == IMAGES - 42
    assert metrics["evaluation"]["line"] == {"collected": 48, "accepted": 48, "quarantined": 0, "reasons": {}}


def order(reason):
    return list(read_json_reasons).index(reason)


read_json_reasons = (
    "broken_image", "small_image", "empty_caption", "forbidden_licence", "evaluation_copy", "exact_duplicate",
    "near_duplicate",
)  # fmt: skip


def test_accepted_and_quarantined_are_what_was_collected(place, tmp_path):
    validate(place, tmp_path)
    out = tmp_path / "validate"
    accepted, quarantined = pd.read_parquet(out / "accepted.parquet"), pd.read_parquet(out / "quarantine.parquet")
    evaluation = read_manifest(out / "evaluation.parquet", learning=False)
    collected = [
        read_manifest(place / part / "manifest.parquet", learning=True)["id"] for part in ("corpus", "evaluation")
    ]
    assert sorted(pd.concat(collected)) == sorted([*accepted["id"], *quarantined["id"], *evaluation["id"]])
    assert list(accepted.columns) == LEARNING_COLUMNS
    assert list(quarantined.columns) == [*COLUMNS, "reason", "detail"]
    listing = pd.read_csv(out / "quarantine.csv")
    assert listing.values.tolist() == quarantined[["id", "source", "reason", "detail"]].values.tolist()


def test_the_same_bytes_every_time(place, tmp_path):
    once = validate(place, tmp_path / "once")
    assert list(once) == [
        "metrics.json", "validate/accepted.parquet", "validate/evaluation.parquet", "validate/quarantine.csv",
        "validate/quarantine.parquet", "validate/verdict.json",
    ]  # fmt: skip
    assert once == validate(place, tmp_path / "again")


def test_zero_accepted_records_is_one_line_and_leaves_nothing(collected, tmp_path, monkeypatch):
    place, params = collected
    YAML().dump(params | {"validate": params["validate"] | {"allowed_licences": ["WTFPL"]}}, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    words = [place / "corpus", place / "evaluation", tmp_path / "out", tmp_path / "metrics.json"]
    with pytest.raises(SystemExit) as end:
        run(main, [str(word) for word in words])
    assert str(end.value.code).startswith(
        "validate: 0 of 800 records are accepted, validate.min_accepted asks for 100. Refused: "
    )
    assert "forbidden_licence" in str(end.value.code)
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_a_missing_corpus_says_what_to_run_first(place, tmp_path):
    with pytest.raises(SystemExit) as end:
        run(main, ["nowhere", str(place / "evaluation"), str(tmp_path / "out"), str(tmp_path / "m.json")])
    assert end.value.code == (
        "validate: nowhere/manifest.parquet does not exist. "
        "Run the stages before this one (`dvc repro`), or mend the path."
    )

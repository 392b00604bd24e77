"""The shipped examples on the real data beside the project: what `collect` finds and `validate` keeps of it."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.collect.__main__ import main as collect
from components.corpus import read_manifest
from components.outputs import read_json
from components.params import read_yaml
from components.validate.__main__ import main as validate

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}"),
]

FOUND = {  # example: source → images collected, images accepted
    "emoji": {"noto": (1636, 1631), "twemoji": (1523, 1523), "blobmoji": (1427, 1388)},
    "ldraw": {"iso_shaded": (2537, 2347), "iso_wire": (2537, 2402)},
    "clothing": {"shop": (3068, 3067)},
}
UNSEEN = {  # example: domain → images, all of them kept
    "emoji": {"fluent_flat": 126, "fluent_3d": 126, "openmoji": 131, "openmoji_line": 131},
    "ldraw": {"iso_line": 382, "ortho3_line": 382},  # 239 of each are in the task
    "clothing": {"shop_validation": 341, "shop_test": 372},
}


@pytest.mark.parametrize("example", list(FOUND))
def test_an_example_runs_on_the_real_data(example, tmp_path, monkeypatch):
    changes, params = read_yaml(ROOT / "examples" / f"{example}.yaml"), read_yaml(ROOT / "params.yaml")
    sections = {name: params[name] | changes.get(name, {}) for name in ("collect", "validate")}
    sections["collect"]["workers"] = 1
    YAML().dump(sections, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAKEHASHI_HOME", str(ROOT))

    corpus, evaluation = tmp_path / "corpus", tmp_path / "evaluation"
    collect(corpus, evaluation, tmp_path / "truth.parquet", tmp_path / "collect.json")
    validate(corpus, evaluation, tmp_path / "validate", tmp_path / "validate.json")

    metrics = read_json(tmp_path / "validate.json")
    assert {name: (n["collected"], n["accepted"]) for name, n in metrics["sources"].items()} == FOUND[example]
    assert {name: n["accepted"] for name, n in metrics["evaluation"].items()} == UNSEEN[example]
    assert metrics["evaluation_quarantined"] == 0
    names = {label.split(" | ")[0].casefold() for label in changes["retrieve"]["labels"]}
    unseen = read_manifest(tmp_path / "validate" / "evaluation.parquet", learning=False)
    assert names <= set(unseen["label"].str.casefold())  # what is outside the task is counted by `evaluate`
    accepted = read_manifest(tmp_path / "validate" / "accepted.parquet", learning=True)
    assert (accepted[["caption", "licence", "url"]] != "").all(axis=None)

"""Every shipped overlay fits the settings it goes over; on real data it finds what it promises."""

import re
from pathlib import Path

import pytest

from components.params import read_yaml
from components.task import parse_labels
from flows import settings
from flows.form import section_models

ROOT = Path(__file__).parents[1]
OVERLAYS = sorted((ROOT / "examples").glob("*.yaml"))
PRESETS = sorted((ROOT / "examples" / "presets").glob("*.yaml"))
DATA = ROOT.parent / "shared" / "data"


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda file: file.stem)
def test_an_overlay_fits_params(overlay, tmp_path):
    params = tmp_path / "params.yaml"
    params.write_bytes((ROOT / "params.yaml").read_bytes())
    assert settings.change_settings(params, [settings.overlay(overlay)], section_models())
    merged = read_yaml(params)
    assert len(parse_labels(merged["retrieve"]["labels"])) >= 10
    assert lines_per_source(overlay) <= 5
    names = {source["name"] for source in merged["collect"]["corpus"]}
    assert set(merged["pretrain"]["sources"]) <= names


@pytest.mark.parametrize("preset", PRESETS, ids=lambda file: file.stem)
def test_a_preset_fits_params_and_says_all_that_tells_presets_apart(preset, tmp_path):
    """One preset over another is that one alone: each sets the same terms, and nothing but `train` and compose.rate."""
    params = tmp_path / "params.yaml"
    params.write_bytes((ROOT / "params.yaml").read_bytes())
    settings.change_settings(params, [settings.overlay(preset)], section_models())
    values = read_yaml(preset)
    assert set(values) == {"compose", "train"} and set(values["compose"]) == {"rate"}
    weights = {"terms", "soft_target", "bank", "robust", "balance", "class_balance", "anchor"}
    assert set(values["train"]) == weights | {"teacher_share", "average_decay", "interpolation"}
    assert {"clip", "cua", "cuaxu", "mudg", "robust", "kakehashi"} == {file.stem for file in PRESETS}


def test_the_defaults_are_our_own_preset(tmp_path):
    params = tmp_path / "params.yaml"
    params.write_bytes((ROOT / "params.yaml").read_bytes())
    preset = settings.overlay(ROOT / "examples" / "presets" / "kakehashi.yaml")
    assert settings.change_settings(params, [preset], section_models()) == []


def lines_per_source(overlay):
    """Most lines that a source takes in the file: from one `- {name:` to the next key or source."""
    blocks = re.split(r"\n(?=\s*- |\s*\w+:)", overlay.read_text(encoding="utf-8"))
    return max(len(block.strip("\n").splitlines()) for block in blocks if "format:" in block)


@pytest.mark.real_data
@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda file: file.stem)
def test_the_evaluation_labels_are_the_tasks(overlay, monkeypatch):
    """Read through the adapters, each unseen domain has images of nearly all labels."""
    if not DATA.is_dir():
        pytest.skip("the folder of real data, ../shared/data, is not there")
    from components.collect.params import CollectParams
    from components.collect.sources import read_source
    from components.params import check

    monkeypatch.setenv("KAKEHASHI_HOME", str(ROOT))
    values, base = read_yaml(overlay), read_yaml(ROOT / "params.yaml")
    params = check(CollectParams, {**base["collect"], **values["collect"]}, file=overlay, prefix="collect")
    task = {label.name.casefold() for label in parse_labels(values["retrieve"]["labels"])}
    for source in params.evaluation:
        found = read_source(source, labelled=True, synthetic=params.synthetic, evaluation=params.evaluation, workers=1)
        seen = {each.label.casefold() for each in found}
        assert len(seen & task) > 0.9 * len(task), source.name

"""Settings of `collect`: what a source may say, and what it is told when it says it wrong."""

from pathlib import Path
from typing import get_args

import pytest

from components.collect.faults import FAULT_KINDS
from components.collect.params import CollectParams, FaultRates, SyntheticSource
from components.collect.styles import STYLES
from components.params import ParamsError, check, load_section, read_yaml

ROOT = Path(__file__).resolve().parents[2]
DRAWN = {"name": "drawn", "format": "synthetic", "style": "render", "images": 10}


def refused(**collect: object) -> str:
    """The error line for the shipped settings with these changes."""
    values = read_yaml(ROOT / "params.yaml")["collect"] | collect
    with pytest.raises(ParamsError) as error:
        check(CollectParams, values, file=Path("params.yaml"), prefix="collect")
    return str(error.value)


def test_the_shipped_settings_are_sound():
    assert load_section("collect", CollectParams, ROOT / "params.yaml").workers >= 1


def test_the_form_offers_every_style_and_every_fault():
    assert set(get_args(SyntheticSource.model_fields["style"].annotation)) == set(STYLES)
    assert set(FaultRates.model_fields) == set(FAULT_KINDS)


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_each_example_is_a_sound_change_of_the_shipped_settings(example):
    collect = read_yaml(ROOT / "params.yaml")["collect"] | read_yaml(example).get("collect", {})
    params = check(CollectParams, collect, file=example, prefix="collect")
    sources = read_yaml(example).get("pretrain", {}).get("sources", [])
    assert set(sources) <= {source.name for source in params.corpus}


def test_an_unknown_field_of_a_source_is_named_with_the_nearest_known_one():
    source = {"name": "t", "format": "table", "path": "t.csv", "captoin": "text"}
    assert refused(corpus=[source]).endswith("captoin is not a parameter. Did you mean `caption`?")


def test_an_unknown_fault_is_named_with_the_nearest_known_one():
    synthetic = {"image_px": 64, "seed": 1, "faults": {"brokn": 0.1}}
    assert refused(synthetic=synthetic) == (
        "params.yaml: collect.synthetic.faults.brokn is not a parameter. Did you mean `broken`?"
    )


def test_an_unknown_format_lists_the_known_ones():
    assert refused(corpus=[{"name": "t", "format": "tabel"}]).endswith("0.format is 'tabel'. Did you mean `table`?")


def test_two_sources_cannot_share_a_name():
    assert refused(corpus=[DRAWN], evaluation=[DRAWN]).endswith(
        "The name `drawn` stands for two sources. Give each source a name of its own."
    )


@pytest.mark.parametrize("images", [0, -1, 1.5])
def test_a_number_of_images_is_a_positive_whole_number(images):
    mend = "Input should be greater than 0." if images == int(images) else "Write a whole number."
    assert f"images is {images}. {mend}" in refused(corpus=[DRAWN | {"images": images}])


def test_no_source_at_all_is_refused():
    assert "collect.corpus is []. List should have at least 1 item" in refused(corpus=[])

"""The form: every stage's section, spelt as in params.yaml, and only what was changed travels."""

import json
from pathlib import Path
from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools import validate
from pydantic import ValidationError

from components.params import read_yaml
from flows import settings
from flows.form import STAGES, Settings, as_values, deployment_step, file_settings, form_change, section_models
from flows.pipeline import pipeline

ROOT = Path(__file__).resolve().parents[2]


def test_every_stage_has_its_section() -> None:
    assert list(section_models()) == list(STAGES)


def test_the_shipped_params_fill_the_form_exactly() -> None:
    params = ROOT / "params.yaml"
    assert set(as_values(file_settings(params))) == set(read_yaml(params))
    assert form_change(file_settings(params), params).values == {}


def test_a_change_in_the_form_is_all_that_travels() -> None:
    params = ROOT / "params.yaml"
    values = as_values(file_settings(params))
    values["collect"]["synthetic"]["seed"] += 1
    changed = form_change(Settings.model_validate(values), params)
    assert changed.values == {"collect": {"synthetic": {"seed": values["collect"]["synthetic"]["seed"]}}}


def test_prefect_s_form_names_sections_as_the_file_does() -> None:
    schema = parameter_schema(pipeline.fn).model_dump_for_openapi()
    assert list(schema["definitions"]["Settings"]["properties"]) == list(STAGES)
    assert list(schema["properties"]) == ["params", "overlay", "rev", "note", "approve", "read_sources_again"]
    groups = schema["definitions"]["TrainParams"]["properties"]
    assert [groups[name]["title"] for name in ("optimiser", "terms")] == ["Optimiser", "Terms"]
    assert schema["definitions"]["RetrieveParams"]["properties"]["augmentation"]["title"] == "Augmentation"


def without_empty(value: Any) -> Any:
    """What Prefect's page sends of it: no empty list, and no group that is empty without its empty lists."""
    if isinstance(value, list):
        return [without_empty(item) for item in value] or None
    if isinstance(value, dict) and value:
        kept = {name: without_empty(inside) for name, inside in value.items()}
        return {name: inside for name, inside in kept.items() if inside is not None or value[name] is None} or None
    return value


def test_the_form_is_taken_as_the_page_sends_it() -> None:
    params = ROOT / "params.yaml"
    whole = as_values(file_settings(params))
    sent = without_empty(whole)
    assert set(whole["compose"]["rules"]) - set(sent["compose"]["rules"]) == {"labels", "sources", "licences"}
    validate({"params": sent}, parameter_schema(pipeline.fn).model_dump_for_openapi(), raise_on_error=True)
    assert form_change(Settings.model_validate(sent), params).values == {}


def test_a_list_emptied_in_the_form_is_empty_if_it_may_be() -> None:
    schema = parameter_schema(pipeline.fn).model_dump_for_openapi()["definitions"]
    assert "sources" not in schema["PretrainParams"]["required"]
    assert "languages" in schema["ValidateParams"]["required"]
    values = as_values(file_settings(ROOT / "params.yaml"))
    del values["pretrain"]["sources"]
    assert as_values(Settings.model_validate(values))["pretrain"]["sources"] == []
    del values["validate"]["languages"]
    with pytest.raises(ValidationError, match="languages"):
        Settings.model_validate(values)


def test_the_form_starts_with_the_file_s_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert deployment_step()["params"]["collect"] == as_values(file_settings())["collect"]


@pytest.mark.parametrize("overlay", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda file: file.name)
def test_every_shipped_overlay_fits(overlay: Path, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_bytes((ROOT / "params.yaml").read_bytes())
    assert settings.change_settings(file, [settings.overlay(overlay)], section_models())


def test_a_source_changed_in_the_form_reads_as_if_changed_by_hand(tmp_path: Path) -> None:
    """The form spells out all fields of a source, the file only some: both ways must give the same file."""
    by_form, by_hand = tmp_path / "form.yaml", tmp_path / "hand.yaml"
    for file in (by_form, by_hand):
        file.write_bytes((ROOT / "params.yaml").read_bytes())
        settings.change_settings(file, [settings.overlay(ROOT / "examples" / "emoji.yaml")], section_models())
    values = as_values(file_settings(by_form))
    values["collect"]["corpus"][0]["limit"] = 7
    del values["collect"]["evaluation"][0]

    settings.change_settings(by_form, [form_change(Settings.model_validate(values), by_form)], section_models())

    raw = read_yaml(by_hand)["collect"]["evaluation"]
    by_hand_changes = settings.Change(Path("by hand"), {"collect": {"evaluation": raw[1:]}})
    limit = settings.assignments(["collect.corpus.0.limit=7"])
    settings.change_settings(by_hand, [limit, by_hand_changes], section_models())
    assert read_yaml(by_form) == read_yaml(by_hand)
    assert json.dumps(read_yaml(by_form)) == json.dumps(read_yaml(by_hand))  # dvc.lock keeps the order of keys

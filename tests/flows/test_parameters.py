"""docs/parameters.md says what the typed settings say."""

from pathlib import Path

from flows.form import section_models
from flows.parameters import meaning, page

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date():
    committed = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert committed == page(ROOT / "params.yaml"), "run `make docs`"


def test_every_field_has_a_meaning():
    def undescribed(model, prefix):
        for name, field in model.model_fields.items():
            if name != "format" and not meaning(field):
                yield f"{prefix}.{name}"

    assert [line for stage, model in section_models().items() for line in undescribed(model, stage)] == []

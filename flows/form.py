"""The settings of all stages as one typed model: what Prefect's form shows, with the values of `params.yaml`.

No `from __future__ import annotations` here or in a module with a flow: Prefect needs the types themselves.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, create_model, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

import components
from components.params import PARAMS_FILE, Section, read_yaml
from flows import settings

STAGES = (
    "collect",
    "validate",
    "pretrain",
    "embed",
    "index",
    "retrieve",
    "compose",
    "train",
    "align",
    "evaluate",
    "report",
)
"""The order of the form's sections; a test holds it against dvc.yaml."""


class AllSections(BaseModel):
    """What every form model is: closed to unknown sections, filled by the sections' own names.

    Prefect's page leaves an empty list out, and a group that has nothing but empty lists. So the schema does not ask
    for what may be empty, and what did not come is empty.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core_schema)
        _spare_empty(cls, schema, handler.resolve_ref_schema)
        _name_groups(cls, schema, handler.resolve_ref_schema)
        return schema

    @model_validator(mode="before")
    @classmethod
    def _empty_is_back(cls, values: Any) -> Any:
        return _with_empty(cls, values)


def section_models() -> dict[str, type[Section]]:
    """The typed section of each stage that has a `components/<stage>/params.py`, in the order of the stages."""
    folders = {file.parent.name for root in components.__path__ for file in Path(root).glob("*/params.py")}
    known = sorted(folders, key=lambda stage: (STAGES.index(stage) if stage in STAGES else len(STAGES), stage))
    return {stage: _section_model(stage) for stage in known}


def settings_model() -> type[AllSections]:
    """A model with one field per stage; `validate` is spelt `validate_` inside, as pydantic owns that name."""
    fields: dict[str, Any] = {
        f"{stage}_": (model, Field(alias=stage, title=stage, description=_first_line(stage)))
        for stage, model in section_models().items()
    }
    return create_model("Settings", __base__=AllSections, **fields)


def file_settings(file: Path = PARAMS_FILE) -> AllSections:
    """The values of a params file as the form's model.

    Raises:
        ParamsError: a section is missing or holds a value that cannot be used.
    """
    values = read_yaml(file)
    models = section_models()
    settings.check_settings({stage: values.get(stage) for stage in models}, models, origin=file)
    return Settings.model_validate({stage: values[stage] for stage in models})


def form_settings(values: Mapping[str, Any]) -> AllSections:
    """What came from Prefect's page or by its API, as the form's model.

    Raises:
        ParamsError: a value, or how several go together, cannot be used; one line a fault.
    """
    models = section_models()
    filled = _with_empty(Settings, values)
    settings.check_settings({stage: filled.get(stage) for stage in models}, models, origin=Path("form"))
    return Settings.model_validate(values)


def as_values(form: AllSections) -> dict[str, Any]:
    """The form's content as plain values, every field of every model spelt out."""
    return form.model_dump(mode="json", by_alias=True)


def form_change(form: AllSections, file: Path) -> settings.Change:
    """What a person changed in the form, written as briefly as the params file writes it.

    The form spells every field out; a field that the file leaves to its default is written only if it was changed, so
    that the same change by hand gives the same params.yaml.
    """
    raw = read_yaml(file)
    brief = form.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    edited = _edited(raw, as_values(file_settings(file)), as_values(form), brief)
    return settings.Change(Path("form"), settings.changed_values(raw, edited))


def deployment_step(file: str = "params.yaml") -> dict[str, Any]:
    """A build step for infra/prefect.yaml: the values that the form starts with."""
    return {"params": as_values(file_settings(Path(file)))}


def _empty(field: FieldInfo) -> Any:
    """What Prefect's page leaves out of a required field when it is empty; None for a field that never is."""
    if not field.is_required():
        return None
    if get_origin(field.annotation) is list:
        return None if any(getattr(bound, "min_length", 0) for bound in field.metadata) else []
    inner = {name: _empty(inside) for name, inside in _fields(field.annotation).items()}
    return inner if inner and None not in inner.values() else None


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    """The fields of a model by the names that the file gives them; none of what is no model."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in annotation.model_fields.items()}


def _with_empty(model: Any, values: Any) -> Any:
    """`values` of a model with the empty lists that Prefect's page left out."""
    if not isinstance(values, Mapping):
        return values
    filled = dict(values)
    for name, field in _fields(model).items():
        if name in filled:
            filled[name] = _with_empty(field.annotation, filled[name])
        elif (empty := _empty(field)) is not None:
            filled[name] = empty
    return filled


def _spare_empty(model: Any, schema: dict[str, Any], resolve: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Take what may be empty from the required fields of a model's schema and of those below it."""
    if not (fields := _fields(model)):
        return
    own = resolve(schema)
    own["required"] = [name for name in own.get("required", []) if name not in fields or _empty(fields[name]) is None]
    for name, field in fields.items():
        _spare_empty(field.annotation, own["properties"][name], resolve)


def _name_groups(model: Any, schema: dict[str, Any], resolve: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Title a group of settings by the field that params.yaml calls it by, not by the class that checks it."""
    properties = resolve(schema)["properties"]
    for name, field in _fields(model).items():
        if _fields(field.annotation):
            properties[name].setdefault("title", name.replace("_", " ").title())
            _name_groups(field.annotation, properties[name], resolve)


def _section_model(stage: str) -> type[Section]:
    name = f"{stage.capitalize()}Params"
    model: type[Section] = getattr(import_module(f"components.{stage}.params"), name)
    return model


def _edited(raw: Any, before: Any, after: Any, brief: Any) -> Any:
    """`raw`, the file's own words for `before`, changed where `after` differs; new things in the words of `brief`."""
    if settings.same(before, after):
        return raw
    if isinstance(after, dict) and isinstance(raw, dict) and before.keys() == after.keys():
        kept = {key: _edited(raw[key], before[key], after[key], brief.get(key, after[key])) for key in raw}
        new = {key: after[key] for key in after if key not in raw and not settings.same(before[key], after[key])}
        return kept | new
    if isinstance(after, list) and isinstance(raw, list):
        return [_edited_item(raw, before, index, item, brief[index]) for index, item in enumerate(after)]
    return brief


def _edited_item(raw: list[Any], before: list[Any], index: int, item: Any, brief: Any) -> Any:
    """One item of a list: the file's words for the same item wherever it stood, else those of the item in its place."""
    for words, earlier in zip(raw, before, strict=True):
        if settings.same(earlier, item):
            return words
    return _edited(raw[index], before[index], item, brief) if index < len(raw) else brief


def _first_line(stage: str) -> str:
    package = import_module(f"components.{stage}")
    return (package.__doc__ or "").strip().split("\n")[0]


if TYPE_CHECKING:
    Settings = AllSections
else:
    Settings = settings_model()

"""The page docs/parameters.md, made from the typed settings: every field, its meaning, type, bounds and value here."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from components.params import PARAMS_FILE, Section, read_yaml
from components.recent import MonitorParams
from flows.approval import ApproveParams
from flows.form import section_models
from flows.promotion import OPERATIONS_FILE, PromoteParams
from flows.tolerance import AuditParams

OPERATIONS: dict[str, type[Section]] = {
    "promote": PromoteParams,
    "audit": AuditParams,
    "approve": ApproveParams,
    "monitor": MonitorParams,
}
"""Sections of infra/operations.yaml."""
DESCRIBED = ("corpus", "tolerances")
"""Lists whose members are described field by field; `evaluation` has the formats of `corpus`, once is enough."""


def page(params_file: Path = PARAMS_FILE) -> str:
    """The whole page, as Markdown."""
    values = read_yaml(params_file)
    lines = [
        "# Parameters",
        "",
        "Every field of `params.yaml`. Made by `make docs` from the typed settings in `components/<stage>/params.py`;",
        "a test keeps it true. The last column is the value in `params.yaml` as committed.",
    ]
    for stage, model in section_models().items():
        lines += section(stage, model, values.get(stage, {}))
    operations = read_yaml(params_file.parent / OPERATIONS_FILE)
    lines += ["", f"# Operations: `{OPERATIONS_FILE}`", "", "No stage reads this file. docs/operations.md explains it."]
    for name, model in OPERATIONS.items():
        lines += section(name, model, operations.get(name, {}))
    return "\n".join(lines) + "\n"


def section(name: str, model: type[BaseModel], values: Any) -> list[str]:
    """A heading, what the section is, and the table of its fields."""
    head = ["", f"## {name}", "", (model.__doc__ or "").strip(), "", "| field | meaning | type | value |"]
    return [*head, "|---|---|---|---|", *rows(model, values, "")]


def rows(model: type[BaseModel], values: Any, prefix: str) -> Iterator[str]:
    """One table row a field; the fields of inner models follow with dotted names."""
    for name, field in model.model_fields.items():
        if name == "format":
            continue  # the heading row names it
        inner = inner_models(field.annotation)
        value = values.get(name, field.default) if isinstance(values, dict) else None
        many = str(field.annotation).startswith("list[")
        shown = "" if inner else short(value)
        yield f"| `{prefix}{name}` | {meaning(field)} | {kind(field, inner, many)} | {shown} |"
        if len(inner) == 1 and not many:
            yield from rows(inner[0], value, f"{prefix}{name}.")
        elif inner:
            for each in inner:
                tag = (
                    get_args(each.model_fields["format"].annotation)[0]
                    if "format" in each.model_fields
                    else each.__name__
                )
                yield f"| `{prefix}{name}[]` as **{tag}** | {(each.__doc__ or '').strip().splitlines()[0]} | | |"
                if not prefix and name in DESCRIBED:
                    yield from rows(each, {}, f"{prefix}{name}[].")


def inner_models(annotation: Any) -> list[type[BaseModel]]:
    """The pydantic models inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in inner_models(inner)]


def meaning(field: FieldInfo) -> str:
    """The string under the field, or else what its inner model says of itself."""
    return " ".join((field.description or own_words(field)).split()).replace("|", "\\|")


def own_words(field: FieldInfo) -> str:
    inner = inner_models(field.annotation)
    return (inner[0].__doc__ or "").strip().splitlines()[0] if inner else ""


def kind(field: FieldInfo, inner: list[type[BaseModel]], many: bool) -> str:
    """The type in a reader's words, with its bounds."""
    if inner:
        return "list of settings" if many else "settings"
    signs = {
        "ge": "≥",
        "gt": ">",
        "le": "≤",
        "lt": "<",
        "multiple_of": "multiple of",
        "min_length": "at least",
        "max_length": "at most",
    }
    bounds = [
        f"{signs[name]} {getattr(rule, name)}"
        for rule in field.metadata
        for name in signs
        if getattr(rule, name, None) is not None
    ]
    choices = [str(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]
    plain = " or ".join(choices) if choices else getattr(field.annotation, "__name__", str(field.annotation))
    if str(field.annotation).startswith(("list[", "dict[")):
        plain = str(field.annotation)
    return ", ".join([plain, *bounds]).replace("|", "\\|")


def short(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    text = str(value).replace("|", "\\|")
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}…`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")

"""From `params.yaml` to one stage's typed, checked section."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

PARAMS_FILE = Path("params.yaml")


class Section(BaseModel):
    """Settings of one stage: frozen, closed to names it does not know, described by the string under each field."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, protected_namespaces=()
    )


IN_PLAIN_WORDS = {
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
    "finite_number": "Write a finite number.",
    "float_parsing": "Write a number.",
    "float_type": "Write a number.",
    "int_from_float": "Write a whole number.",
    "int_parsing": "Write a whole number.",
    "int_type": "Write a whole number.",
    "list_type": "Write a list, such as [a, b].",
    "string_type": "Write a text, in quotes if it looks like a number.",
}
"""What to write instead, for the types of fault whose own message speaks of parsing."""


class ParamsError(ValueError):
    """A setting that cannot be used; the message names the file, the field and the mend."""


SomeSection = TypeVar("SomeSection", bound=Section)


def load_section(stage: str, section: type[SomeSection], file: Path = PARAMS_FILE) -> SomeSection:
    """Read `stage`'s section of `file` as a checked `section`.

    Raises:
        ParamsError: the file or the section is missing, or a field is unknown, absent or out of bounds.
    """
    values = read_yaml(file)
    if stage not in values:
        raise ParamsError(f"{file}: there is no section `{stage}`. Add one; docs/parameters.md lists its fields.")
    return check(section, values[stage], file=file, prefix=stage)


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping in a YAML 1.2 file (so that `1e-2` is a number, as DVC reads it).

    Raises:
        ParamsError: the file is missing, is not YAML, or holds no mapping.
    """
    if not file.is_file():
        raise ParamsError(f"{file} does not exist. Run from the project's root, or name an existing file.")
    try:
        values = YAML(typ="safe").load(file)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ParamsError(f"{file}:{where} is not valid YAML: {error.problem}.") from None
    if not isinstance(values, dict):
        raise ParamsError(f"{file} must hold a mapping from section to settings, not {type(values).__name__}.")
    return values


def check(section: type[SomeSection], values: Any, *, file: Path, prefix: str) -> SomeSection:
    """`values` as a checked `section`; every fault becomes one line that names `file` and the dotted field.

    Raises:
        ParamsError: one line per fault.
    """
    try:
        return section.model_validate(values)
    except ValidationError as error:
        lines = [_explain(fault, section, file, prefix) for fault in error.errors(include_url=False)]
        raise ParamsError("\n".join(dict.fromkeys(lines))) from None


def unknown_name(name: str, known: Iterable[str]) -> str:
    """The sentence that follows a name nobody knows: the nearest known one, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known)}."


def _explain(fault: Mapping[str, Any], section: type[Section], file: Path, prefix: str) -> str:
    field = ".".join([prefix, *_words(section, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        owners = _models_at(section, fault["loc"][:-1])
        hint = unknown_name(str(fault["loc"][-1]), owners[0].model_fields) if owners else "Remove it."
        return f"{file}: {field} is not a parameter. {hint}"
    if fault["type"] == "missing":
        return f"{file}: {field} is missing. Give it a value; docs/parameters.md says what it means."
    if fault["type"] == "union_tag_invalid":
        known = [tag.strip(" '") for tag in fault["ctx"]["expected_tags"].split(",")]
        return f"{file}: {field}.format is '{fault['ctx']['tag']}'. {unknown_name(str(fault['ctx']['tag']), known)}"
    if fault["type"] == "union_tag_not_found":
        return f"{file}: {field}.format is missing. Give it a value; docs/parameters.md says what it means."
    message = IN_PLAIN_WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    shown = ":" if isinstance(fault["input"], Mapping) else f" is {_short(fault['input'])}."  # of many fields together
    return f"{file}: {field}{shown} {message}{'' if message.endswith('.') else '.'}"


def _words(section: type[Section], location: Sequence[Any]) -> list[str]:
    """A fault's location in the user's own words: without the tags that pydantic adds where a list's member has one."""
    return [str(part) for place, part in enumerate(location) if not _is_tag(section, location[:place], part)]


def _is_tag(section: type[Section], before: Sequence[Any], part: Any) -> bool:
    """Whether pydantic added this part of a location, to say as which of several models it read a list's member."""
    behind_index = bool(before) and isinstance(before[-1], int)
    return behind_index and any(_tag(model) == part for model in _models_at(section, before))


def _models_at(section: type[Section], location: Iterable[Any]) -> list[type[BaseModel]]:
    """The models that a fault's location may lie in, walked down through fields, lists and unions."""
    models: list[type[BaseModel]] = [section]
    for part in location:
        if isinstance(part, str) and not any(part in model.model_fields for model in models):
            tagged = [model for model in models if _tag(model) == part]
            models = tagged or models
        elif isinstance(part, str):
            models = [inner for model in models if part in model.model_fields
                      for inner in _models_in(model.model_fields[part].annotation)]  # fmt: skip
    return models


def _tag(model: type[BaseModel]) -> str | None:
    """The value of the `format` field that tells one member of a tagged union from the others."""
    field = model.model_fields.get("format")
    values = getattr(field.annotation, "__args__", ()) if field else ()
    return values[0] if values else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in getattr(annotation, "__args__", ()) for model in _models_in(inner)]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

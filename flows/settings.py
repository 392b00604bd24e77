"""Changed settings into `params.yaml`: checked first, then written so that only the changed values move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString

from components.outputs import whole_file
from components.params import ParamsError, Section, check, read_yaml, unknown_name


@dataclass(frozen=True)
class Change:
    """Values for some sections, and what to call their origin in an error message."""

    origin: Path
    values: Mapping[str, Any]


def overlay(file: str | Path, places: Sequence[Path] = (Path(),)) -> Change:
    """The values of an overlay file.

    Args:
        file: The file, as a person names it.
        places: Projects in which it is looked for, in this order; the first one's `examples/` are what a mistaken name
            is held against.

    Raises:
        ParamsError: the file is missing or is no YAML mapping.
    """
    for found in (place / file for place in places):
        if found.is_file():
            return Change(found, read_yaml(found))
    known = sorted(str(example.relative_to(places[0])) for example in places[0].glob("examples/**/*.yaml"))
    mend = unknown_name(str(file), known) if known else "Name a file of the checkout."
    raise ParamsError(f"overlay: {file} does not exist. {mend}")


def assignments(texts: Iterable[str], origin: str = "--set") -> Change:
    """The values of `section.field=value` texts; values are YAML, and a number in a path counts list items from 0.

    Args:
        texts: What is set.
        origin: What a person wrote them in, for the message of a mistake.

    Raises:
        ParamsError: a text has no `=` or no dot, or its value is not YAML.
    """
    values: dict[str, Any] = {}
    for text in texts:
        path, equals, raw = text.partition("=")
        *parents, last = path.strip().split(".")
        if not equals or not parents or not all([*parents, last]):
            raise ParamsError(f"{origin} {text}: write it as section.field=value, such as train.seed=3.")
        try:
            value = YAML(typ="safe").load(raw)
        except MarkedYAMLError as error:
            raise ParamsError(f"{origin} {text}: the value is not valid YAML: {error.problem}.") from None
        inner = values
        for part in parents:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ParamsError(f"{origin} {text}: `{part}` is set to a value by another one. Keep one of them.")
        inner[last] = value
    return Change(Path(origin), values)


def change_settings(file: Path, changes: Sequence[Change], sections: Mapping[str, type[Section]]) -> list[str]:
    """Merge `changes`, in order, into the params file; nothing is written unless all of it is valid.

    Mappings merge, lists and scalars replace. Comments, key order and the look of unchanged values stay as they are.

    Returns:
        The dotted names of the fields whose values changed.

    Raises:
        ParamsError: a value cannot be used; the message names the overlay (or `--set`), the field and the mend.
    """
    before = read_yaml(file)
    check_settings(before, sections, origin=file)
    after: dict[str, Any] = before
    for change in changes:
        _refuse_unknown_sections(change, known=before)
        after = _merged(after, change.values, change.origin, "")
        touched = {name: after[name] for name in after if name in change.values}
        check_settings(touched, sections, origin=change.origin)
    changed = list(differences(before, after))
    if changed:
        _rewrite(file, after)
    return changed


def check_settings(values: Mapping[str, Any], sections: Mapping[str, type[Section]], *, origin: Path) -> None:
    """Check every section whose model is known.

    Raises:
        ParamsError: one line per fault, all sections together.
    """
    faults = []
    for name, section in sections.items():
        if name in values:
            try:
                check(section, values[name], file=origin, prefix=name)
            except ParamsError as error:
                faults.append(str(error))
    if faults:
        raise ParamsError("\n".join(faults))


def differences(before: Any, after: Any, path: str = "") -> Iterable[str]:
    """Dotted names of what differs between two values, in the order of `after`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, value in after.items():
            inner = f"{path}.{key}" if path else str(key)
            if key not in before:
                yield inner
            else:
                yield from differences(before[key], value, inner)
        yield from (f"{path}.{key}" if path else str(key) for key in before if key not in after)
    elif not same(before, after):
        yield path


def changed_values(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `after` that differs from `before`, as nested mappings."""
    changed: dict[str, Any] = {}
    for key, value in after.items():
        if key not in before:
            changed[key] = value
        elif isinstance(value, Mapping) and isinstance(before[key], Mapping):
            if inner := changed_values(before[key], value):
                changed[key] = inner
        elif not same(before[key], value):
            changed[key] = value
    return changed


def same(left: Any, right: Any) -> bool:
    """Equal as settings: 3 and 3.0 are, 1 and true are not."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return set(left) == set(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _refuse_unknown_sections(change: Change, known: Mapping[str, Any]) -> None:
    for name in change.values:
        if name not in known:
            raise ParamsError(f"{change.origin}: {name} is not a section. {unknown_name(str(name), known)}")


def _merged(old: Any, new: Any, origin: Path, path: str) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        merged = dict(old)
        for key, value in new.items():
            inner = f"{path}.{key}" if path else str(key)
            merged[key] = _merged(old[key], value, origin, inner) if key in old else value
        return merged
    if isinstance(old, list) and isinstance(new, Mapping) and all(str(key).isdigit() for key in new):
        items = list(old)
        for key, value in new.items():
            if int(key) >= len(items):
                raise ParamsError(f"{origin}: {path}.{key} is not there; the list has items 0 to {len(items) - 1}.")
            items[int(key)] = _merged(items[int(key)], value, origin, f"{path}.{key}")
        return items
    return new


def _rewrite(file: Path, values: Mapping[str, Any]) -> None:
    yaml = YAML()  # round trip
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(file)
    _assign(document, _quoted(values))
    with whole_file(file) as draft, draft.open("w", encoding="utf-8") as out:
        yaml.dump(document, out)


def _quoted(value: Any) -> Any:
    """The same values, with quotes around texts that YAML's parsers disagree about inside `{…}`, such as URLs."""
    if isinstance(value, Mapping):
        return {key: _quoted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_quoted(inner) for inner in value]
    if isinstance(value, str) and set(value) & set(":#{}[],&*!|>%@`\"'"):
        return DoubleQuotedScalarString(value)
    return value


def _assign(node: CommentedMap, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key not in node:
            node[key] = value
        elif isinstance(node[key], CommentedMap) and isinstance(value, Mapping):
            _assign(node[key], value)
        elif isinstance(node[key], CommentedSeq) and isinstance(value, list | tuple):
            _assign_items(node[key], value)
        elif not same(node[key], value):
            quoted = isinstance(node[key], ScalarString) and isinstance(value, str)
            node[key] = type(node[key])(value) if quoted else value  # quotes stay as they were


def _assign_items(node: CommentedSeq, values: Sequence[Any]) -> None:
    """Replace a list's items, keeping the look of those that only change in value (dvc.lock records key order)."""
    in_one_line = bool(node) and isinstance(node[0], CommentedMap) and node[0].fa.flow_style()
    for index, value in enumerate(values):
        if index < len(node) and isinstance(node[index], CommentedMap) and isinstance(value, Mapping):
            if set(node[index]) == set(value):
                _assign(node[index], value)
                continue
        elif index < len(node) and same(node[index], value):
            continue
        if isinstance(value, Mapping) and in_one_line:
            value = CommentedMap(value)
            value.fa.set_flow_style()
        if index < len(node):
            node[index] = value
        else:
            node.append(value)
    del node[len(values) :]

"""From a row of a source's metadata to the texts of a canonical record: columns, templates, constants, filters."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from components.collect.found import Found
from components.collect.params import PublishedSource
from components.params import unknown_name

USUAL_COLUMNS = {
    "key": (),
    "caption": ("caption", "text", "prompt"),
    "language": ("language", "lang"),
    "label": ("label", "category", "class"),
    "licence": ("licence", "license"),
    "url": ("url", "image_url", "source_url"),
    "author": ("author", "attribution", "creator"),
}
MAY_BE_CONSTANT = ("language", "licence", "url", "author")
DEFAULT_LANGUAGE = "en"
COLUMN = re.compile(r"\{([^{}]*)\}")

Row = Mapping[str, Any]


class SourceError(ValueError):
    """A source that cannot be read as `params.yaml` describes it; the message says how to mend it."""


class RowReader:
    """Reads one source's rows as its settings say; a setting that names no column is an error at once."""

    def __init__(self, source: PublishedSource, columns: Sequence[str], *, labelled: bool):
        self.columns = list(columns)
        self._wanted = {column: _values(wanted) for column, wanted in source.where.items()}
        for column in self._wanted:
            self._known(column, f"where.{column}")
        self._seen: dict[str, dict[str, None]] = {column: {} for column in self._wanted}
        fields = [field for field in USUAL_COLUMNS if field != "label" or labelled or source.label]
        self._templates = {field: self._template(field, getattr(source, field)) for field in fields}
        self._unset = [field for field in fields if not getattr(source, field)]

    def wants(self, row: Row) -> bool:
        """True if the row passes every `where`."""
        for column, wanted in self._wanted.items():
            value = text_of(row.get(column))
            self._seen[column][value] = None
            if value not in wanted:
                return False
        return True

    def found(self, row: Row, *, place: str, image_bytes: bytes, extension: str) -> Found:
        """The row as `Found`; `place` is its key unless the settings name another."""
        texts = {field: _fill(template, row) for field, template in self._templates.items()}
        texts["key"] = texts["key"] or place
        texts["language"] = texts["language"] or DEFAULT_LANGUAGE
        return Found(image_bytes=image_bytes, extension=extension, **texts)

    def follow(self, row: Row) -> None:
        """Let each unset field read the usual column of this row: rows of one source may differ in their columns."""
        for field in self._unset:
            if usual := _usual(field, row):
                self._templates[field] = _braced(usual)

    def nothing_found(self) -> str:
        """Why no row was wanted, as a sentence for the person who wrote `where`."""
        for column, wanted in self._wanted.items():
            seen = self._seen[column]
            if not wanted & seen.keys():
                return f"No row has {column} = {' or '.join(sorted(wanted))}. {unknown_name(min(wanted), seen)}"
        return "No row passes every `where`, or there is no row at all."

    def _template(self, field: str, value: str) -> str:
        """`value` as a template; a plain column's name becomes `{name}`."""
        if not value:
            usual = _usual(field, self.columns)
            if not usual and field in ("caption", "label"):
                raise SourceError(f"There is no column `{field}`: set {field} to one of {', '.join(self.columns)}.")
            return _braced(usual) if usual else ""
        if "{" in value:
            for column in COLUMN.findall(value):
                self._known(column, field)
            return value
        if value in self.columns:
            return _braced(value)
        if field in MAY_BE_CONSTANT:
            return value
        self._known(value, field)
        raise AssertionError("unreachable: an unknown column raises")

    def _known(self, column: str, field: str) -> None:
        if column not in self.columns:
            raise SourceError(f"{field} names the column `{column}`. {unknown_name(column, self.columns)}")


def text_of(value: Any) -> str:
    """A cell as text: lists joined by commas, nothing for what is missing."""
    if value is None or value != value:  # NaN differs from itself
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(text_of(item) for item in value)
    return str(value).strip()


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Every column that some row has, in order of first sight."""
    return list(dict.fromkeys(column for row in rows for column in row))


def _usual(field: str, columns: Container[str]) -> str:
    """The column that an unset field reads; empty if none has a usual name."""
    return next((column for column in USUAL_COLUMNS[field] if column in columns), "")


def _braced(column: str) -> str:
    return "{" + column + "}"


def _fill(template: str, row: Row) -> str:
    return COLUMN.sub(lambda match: text_of(row.get(match[1])), template)


def _values(wanted: str | list[str]) -> set[str]:
    return set(wanted) if isinstance(wanted, list) else {wanted}

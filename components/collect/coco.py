"""Adapter `coco`: annotations in COCO's JSON (captions, or instances with categories) and a folder of images."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.collect.found import Found
from components.collect.params import CocoSource
from components.collect.places import bytes_or_nothing, extension_of, resolve
from components.collect.rows import RowReader, SourceError, columns_of

NEEDED = {
    "images": ("id", "file_name"),
    "annotations": ("id", "image_id"),
    "licenses": ("id",),
    "categories": ("id", "name"),
}


def read_coco(source: CocoSource, *, labelled: bool) -> Iterator[Found]:
    """Every image by id, with its first caption and category by annotation id, and its licence's name.

    An image without annotation has an empty caption, whatever the template: `validate` counts it.

    Raises:
        SourceError: the JSON is missing, unreadable or not COCO's, or no image is wanted or there.
    """
    file = resolve(source.path)
    folder = resolve(source.images) if source.images else file.parent
    coco = _annotations(file)
    rows = _rows(coco)
    annotated = {annotation["image_id"] for annotation in coco["annotations"]}
    reader = RowReader(source, columns_of(rows), labelled=labelled)
    wanted = present = 0
    for row in rows:
        if reader.wants(row):
            place = str(row["file_name"])
            image_bytes = bytes_or_nothing(folder / place)
            wanted, present = wanted + 1, present + bool(image_bytes)
            found = reader.found(row, place=str(row["id"]), image_bytes=image_bytes, extension=extension_of(place))
            yield found if row["id"] in annotated else replace(found, caption="")
    if not wanted:
        raise SourceError(f"{file}: {reader.nothing_found()}")
    if not present:
        example = folder / str(rows[0]["file_name"])
        raise SourceError(f"None of {wanted} image files exists, such as {example}. Mend `images`.")


def _annotations(file: Path) -> Mapping[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError(f"{file} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise SourceError(f"{file}, line {error.lineno}, is not JSON: {error.msg}. Fetch the file again.") from None
    lacking = [name for name in ("images", "annotations") if not isinstance(values, dict) or name not in values]
    if lacking:
        raise SourceError(f"{file} has no `{lacking[0]}`. Give a COCO captions or instances file.")
    for part, fields in NEEDED.items():
        for number, entry in enumerate(values.get(part, [])):
            for field in fields:
                if field not in entry:
                    raise SourceError(f"{file}: {part}[{number}] has no `{field}`. Add it, or delete the entry.")
    return values


def _rows(coco: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per image: its own fields, `caption`, `category`, `licence` and `url`."""
    licences = {entry["id"]: entry.get("name") or entry.get("url", "") for entry in coco.get("licenses", [])}
    categories = {entry["id"]: entry["name"] for entry in coco.get("categories", [])}
    said: dict[Any, dict[str, Any]] = {}
    for annotation in sorted(coco["annotations"], key=lambda entry: entry["id"]):
        texts = said.setdefault(annotation["image_id"], {})
        if "caption" in annotation:
            texts.setdefault("caption", annotation["caption"])
        if "category_id" in annotation:
            texts.setdefault("category", categories.get(annotation["category_id"], ""))
    return [
        {
            **image,
            "licence": licences.get(image.get("license"), ""),
            "url": image.get("coco_url") or image.get("flickr_url", ""),
            **said.get(image["id"], {}),
        }
        for image in sorted(coco["images"], key=lambda entry: entry["id"])
    ]

"""Where a source's files are, and their bytes."""

import os
from pathlib import Path

from components.collect.rows import SourceError

HOME_VARIABLE = "KAKEHASHI_HOME"
IMAGE_EXTENSIONS = frozenset({"png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"})


def resolve(path: str) -> Path:
    """An absolute path as it is, another one from KAKEHASHI_HOME or, where that is not set, the working directory.

    Raises:
        SourceError: nothing is there.
    """
    place = Path(os.environ.get(HOME_VARIABLE, "")) / path
    if not place.exists():
        raise SourceError(f"{place.absolute()} does not exist. Mend `path`, or set {HOME_VARIABLE}.")
    return place


def extension_of(name: str) -> str:
    """File ending in small letters without the dot; `jpg` for `jpeg`."""
    ending = Path(name).suffix.lower().removeprefix(".")
    return "jpg" if ending == "jpeg" else ending


def bytes_or_nothing(file: Path) -> bytes:
    """A file's bytes; none if the file is not there: `validate` counts the record as lacking its image."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""

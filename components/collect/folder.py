"""Adapter `folder`: a folder per class, whose name is the class."""

from collections.abc import Iterator
from pathlib import Path

from components.collect.found import Found
from components.collect.params import FolderSource
from components.collect.places import IMAGE_EXTENSIONS, extension_of, resolve
from components.collect.rows import RowReader, SourceError


def read_folder(source: FolderSource, *, labelled: bool) -> Iterator[Found]:
    """Every image file under a class folder, by class and path; other kinds of file are passed over.

    Raises:
        SourceError: the folder is missing, has no class folders, no wanted image, or images outside a class folder.
    """
    top = resolve(source.path)
    if not top.is_dir():
        raise SourceError(f"{top} is a file. Give `path` the folder that holds the class folders.")
    reader = RowReader(source, ["label", "file"], labelled=labelled)
    wanted = 0
    for file in _image_files(top):
        place = file.relative_to(top)
        if len(place.parts) == 1:
            raise SourceError(f"{file} lies in no class folder. Move it into the folder of its class.")
        row = {"label": place.parts[0].replace("_", " "), "file": place.as_posix()}
        if reader.wants(row):
            wanted += 1
            yield reader.found(
                row, place=place.as_posix(), image_bytes=file.read_bytes(), extension=extension_of(file.name)
            )
    if not wanted:
        mend = reader.nothing_found() if source.where else "Give `path` a folder of class folders with images."
        raise SourceError(f"{top} has no wanted image. {mend}")


def _image_files(top: Path) -> list[Path]:
    return sorted(file for file in top.rglob("*") if extension_of(file.name) in IMAGE_EXTENSIONS and file.is_file())

"""Objects of a DVC cache by their MD5: where they lie, and whether their content is what the hash says."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flows.lock import Entry


@dataclass(frozen=True)
class Store:
    """A DVC cache folder, of which no object is believed before it was hashed."""

    folder: Path

    def place(self, md5: str) -> Path:
        """Where the object with this hash lies, if it is there."""
        return self.folder / "files" / "md5" / md5[:2] / md5[2:]

    def file(self, md5: str) -> Path | None:
        """The object, if it is there and its content has this hash."""
        place = self.place(md5)
        return place if place.is_file() and f"{hash_of(place)}{'.dir' if md5.endswith('.dir') else ''}" == md5 else None

    def files_of(self, md5: str) -> dict[str, str] | None:
        """A folder's files as its `.dir` object lists them, name to MD5 in order of name; None without that object."""
        listing = self.file(md5)
        if listing is None:
            return None
        entries = json.loads(listing.read_text(encoding="utf-8"))
        return dict(sorted((entry["relpath"], entry["md5"]) for entry in entries))


@dataclass
class Inspection:
    """What was found of the objects that a lock names."""

    intact: int = 0
    damaged: list[str] = field(default_factory=list)
    """Paths of outputs whose object's content is not what its name says."""
    missing: list[str] = field(default_factory=list)


def inspect(store: Store, outs: Iterable[Entry], each: Callable[[str], None] = lambda name: None) -> Inspection:
    """Hash every object that `outs` name; `each` is told of an output before its objects are hashed."""
    seen = Inspection()
    for out in outs:
        each(out.path)
        for name, md5 in _objects(store, out):
            place = store.place(md5)
            if not place.is_file():
                seen.missing.append(name)
            elif store.file(md5) is None:
                seen.damaged.append(name)
            else:
                seen.intact += 1
    return seen


def altered(root: Path, out: Entry, stores: Iterable[Store]) -> Iterator[str]:
    """Files of an output as it lies in a checkout that are not those its hash stands for; none where it is absent."""
    place = root / out.path
    if not place.exists():
        return
    if not out.folder:
        if not place.is_file() or hash_of(place) != out.md5:
            yield out.path
        return
    listed = _listed(out.md5, stores)
    if listed is None:
        return  # without its list nothing can be said of a folder
    for name in sorted({*listed, *files_below(place)}):
        if not (place / name).is_file() or hash_of(place / name) != listed.get(name):
            yield f"{out.path}/{name}"


def recorded(outs: Iterable[Entry], path: str, stores: Iterable[Store]) -> Path | None:
    """The recorded content of a file that is an output, or lies in one; None if no store has it."""
    stores = list(stores)
    for out in outs:
        if out.folder and path.startswith(f"{out.path}/"):
            md5 = (_listed(out.md5, stores) or {}).get(path.removeprefix(f"{out.path}/"))
        else:
            md5 = out.md5 if out.path == path else None
        if md5:
            return next((file for store in stores if (file := store.file(md5)) is not None), None)
    return None


def hash_of(file: Path) -> str:
    """MD5 of a file's content, as DVC names objects."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _objects(store: Store, out: Entry) -> Iterator[tuple[str, str]]:
    yield out.path, out.md5
    if out.folder:
        for name, md5 in (store.files_of(out.md5) or {}).items():
            yield f"{out.path}/{name}", md5


def _listed(md5: str, stores: Iterable[Store]) -> dict[str, str] | None:
    return next((files for store in stores if (files := store.files_of(md5)) is not None), None)


def files_below(folder: Path) -> set[str]:
    """Names of all files in a folder and below."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

"""Which modules of `components` a file runs: what a model must carry to be at home anywhere."""

import ast
from collections.abc import Iterator
from pathlib import Path


def modules_behind(file: Path, root: Path) -> list[Path]:
    """`file` and every module of `root`/components that it reaches by imports, those inside functions among them.

    Packages come with their `__init__.py`. Paths are sorted.
    """
    reached: set[Path] = set()
    waiting = [file]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += [found for name in imported_modules(module) for found in _files_of(name, root)]
    return sorted(reached)


def imported_modules(file: Path) -> set[str]:
    """Dotted names that a file imports, at the top or inside a function; names within a module stand beside it.

    Imports are absolute, as the linter sees to it.
    """
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _files_of(name: str, root: Path) -> Iterator[Path]:
    """The files that importing this dotted name runs: each package on the way, and the module itself."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1) if parts[0] == "components" else ():
        place = root.joinpath(*parts[:end])
        yield from (file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file())

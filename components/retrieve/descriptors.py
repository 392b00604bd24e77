"""The pool of descriptors: what a prompt may add about a picture without saying what it shows.

descriptors.en.txt, descriptors.ja.txt   the project's own, one a line, to follow a name in that script
"""

from importlib.resources import files
from pathlib import Path

from components.words import script

OWN = {"en": "descriptors.en.txt", "ja": "descriptors.ja.txt"}


def read_pool(descriptors_file: str) -> dict[str, list[str]]:
    """Script (`en`, `ja`) to descriptors, each ready to be set behind a prompt: the project's own, then the user's.

    Args:
        descriptors_file: the user's own, one a line in either script, as `retrieve.augmentation.descriptors_file`
            names it; "" for none.

    Raises:
        ValueError: the file is missing, is not text, holds no line, or a line stands there twice or in the pool.
    """
    pool = {language: _lines(files(__package__).joinpath(name).read_text("utf-8")) for language, name in OWN.items()}
    pool = {language: [joined(line) for line in lines] for language, lines in pool.items()}
    if descriptors_file:
        for line in _users_lines(Path(descriptors_file), {line for lines in pool.values() for line in lines}):
            pool[script(line)].append(line)
    return pool


def joined(line: str) -> str:
    """The line as it follows a prompt: behind a blank, unless it is Japanese or begins with a comma or the like."""
    return line if script(line) == "ja" or line[0] in ",.;:" else f" {line}"


def _users_lines(file: Path, known: set[str]) -> list[str]:
    where = f"params.yaml: retrieve.augmentation.descriptors_file: {file}"
    if not file.is_file():
        raise ValueError(f'{where} does not exist. Place it there, or write "" for none.')
    try:
        lines = [joined(line) for line in _lines(file.read_text("utf-8-sig"))]
    except UnicodeDecodeError:
        raise ValueError(f"{where} is not UTF-8 text. Save it as UTF-8.") from None
    if not lines:
        raise ValueError(f'{where} holds no line. Write one descriptor a line, or "" for none.')
    for place, line in enumerate(lines):
        if line in lines[:place]:
            raise ValueError(f"{where} has `{line.strip()}` twice. Remove one.")
        if line in known:
            raise ValueError(f"{where} has `{line.strip()}`, which the project's own pool has too. Remove it.")
    return lines


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]

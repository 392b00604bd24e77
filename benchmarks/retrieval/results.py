"""Lines of results.jsonl: what was measured already is not measured again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Results:
    """A file of one JSON object a line; a line that a killed run left half-written counts for nothing."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def find(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """The last line that agrees with `key` in all of its fields."""
        for line in reversed(self.lines()):
            if all(line.get(name) == value for name, value in key.items()):
                return line
        return None

    def add(self, line: Mapping[str, Any]) -> None:
        """Append a line, and have it on the disk when this returns."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        whole = not self.file.exists() or self.file.read_bytes()[-1:] in (b"", b"\n")
        with self.file.open("a", encoding="utf-8") as opened:
            opened.write(("" if whole else "\n") + json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line, oldest first."""
        if not self.file.is_file():
            return []
        found = []
        for text in self.file.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(text))
            except ValueError:
                continue
        return found

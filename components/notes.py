"""What a stage tells a person while it goes on: a line on standard error, once for all processes."""

import sys

from components.gathered import is_first


def note(stage: str, words: str) -> None:
    """Say `words`. Without the word `note` it would be a stage's last complaint (`components/stage.py`)."""
    if is_first():
        print(f"{stage}, note: {words}", file=sys.stderr)

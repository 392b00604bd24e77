"""One progress bar for everything that takes longer than two seconds."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], *, what: str, total: int | None = None, unit: str = "") -> Iterator[Item]:
    """Pass `items` on, drawing a bar on standard error: live in a terminal, a line now and then in a log."""
    interactive = sys.stderr.isatty()
    bar = tqdm(
        items,
        desc=f"{what:<24}",
        total=total,
        unit=f" {unit}" if unit else "",
        mininterval=0.2 if interactive else 10.0,
        maxinterval=10.0,
        delay=2.0,
        ascii=not interactive,
        dynamic_ncols=interactive,
        file=sys.stderr,
    )
    yield from bar

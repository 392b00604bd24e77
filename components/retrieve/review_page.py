"""The page on which a person looks through the selection, accepts or rejects, and takes away `review.csv`.

<folder>/review.html      one section a label; asks the network for nothing, opens from the disk
<folder>/sheets/*.png     one grid of pictures a label, which the page cuts into tiles
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from PIL import Image

from components import pages
from components.retrieve.sprites import sheet_name, sprite_grid

TEMPLATES = Path(__file__).parent / "templates"
PAGE, SHEETS = "review.html", "sheets"
REASONS = [
    ("wrong thing", "別物"),
    ("several things", "複数の物"),
    ("hard to see", "見えにくい"),
    ("only text or logo", "文字・ロゴのみ"),
    ("repeats another", "重複"),
    ("must not be used", "使用不可"),
]
"""What is written to the file, and how the page says it in Japanese."""

Pictures = Callable[[str], Image.Image] | Mapping[str, Image.Image]


class Section(NamedTuple):
    """One label on the page."""

    number: int
    label: str
    selected: int
    """Images selected for the label, shown or not."""
    least_confidence: float
    most_confidence: float
    sheet: str
    """The address of its grid, from the page."""
    columns: int
    rows: int
    tiles: list[dict[Hashable, Any]]


def write_review(selection: pd.DataFrame, pictures: Pictures, folder: Path, *, images_per_label: int) -> None:
    """Write the page and its sheets into an existing folder.

    Args:
        selection: id, label (its name), rank, score, cosine, confidence, caption, source, url, licence, author, query.
            Sections come in the order in which labels first occur.
        pictures: gives the image of an id; one label's images are held at a time.
        images_per_label: most images that a label shows, the best ranks.
    """
    (folder / SHEETS).mkdir(parents=True, exist_ok=True)
    sections = list(_sections(selection, pictures, folder, images_per_label))
    (folder / PAGE).write_text(review_page(sections), encoding="utf-8", newline="\n")


def review_page(sections: list[Section]) -> str:
    """The page as HTML."""
    environment = pages.environment(TEMPLATES, autoescape=True)
    return environment.get_template("review.html").render(sections=sections, reasons=REASONS)


def _sections(selection: pd.DataFrame, pictures: Pictures, folder: Path, images_per_label: int) -> Iterator[Section]:
    picture_of = pictures.__getitem__ if isinstance(pictures, Mapping) else pictures
    for number, (label, lines) in enumerate(selection.groupby("label", sort=False), start=1):
        shown = lines.sort_values("rank", kind="stable").head(images_per_label)
        grid, _, columns = sprite_grid([picture_of(each) for each in shown["id"]])
        sheet = f"{SHEETS}/{sheet_name(number, str(label))}"
        grid.save(folder / sheet)
        tiles = shown.drop(columns="label").to_dict("records")
        yield Section(
            number=number,
            label=str(label),
            selected=len(lines),
            least_confidence=float(lines["confidence"].min()),
            most_confidence=float(lines["confidence"].max()),
            sheet=sheet,
            columns=columns,
            rows=-(-len(shown) // columns),
            tiles=tiles,
        )

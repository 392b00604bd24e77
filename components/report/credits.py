"""Whose work the models learned from: sources, licences and authors, counted."""

from dataclasses import dataclass

import pandas as pd

from components.report.licences import Duty, duties, strictest

RECORD_COLUMNS = ["id", "source", "licence", "author", "url", "language", "caption"]
UNNAMED = ""


@dataclass(frozen=True, kw_only=True)
class Author:
    name: str
    """Empty where the corpus names nobody."""
    accepted: int
    selected: int
    url: str
    """Where the author's first image was published; empty if no record says."""


@dataclass(frozen=True, kw_only=True)
class Licence:
    name: str
    duties: tuple[Duty, ...]
    accepted: int
    """Images of the accepted corpus, from which the base may have learned."""
    selected: int
    """Those among them that retrieval chose for the student."""
    sources: list[str]
    authors: list[Author]
    """Most accepted images first."""


@dataclass(frozen=True, kw_only=True)
class Source:
    name: str
    accepted: int
    selected: int
    languages: list[str]
    licences: list[str]
    example_caption: str


def learned_records(accepted: pd.DataFrame, selection: pd.DataFrame) -> pd.DataFrame:
    """The accepted records (RECORD_COLUMNS) in order of id, with `selected`: whether retrieval chose the image."""
    records = accepted[RECORD_COLUMNS].fillna("").astype(str).sort_values("id", ignore_index=True)
    return records.assign(selected=records["id"].isin(set(selection["id"])))


def licences_of(records: pd.DataFrame) -> list[Licence]:
    """Licences with their authors, the licence of most images first."""
    found = [
        Licence(
            name=str(name),
            duties=duties(str(name)),
            accepted=len(group),
            selected=int(group["selected"].sum()),
            sources=sorted(set(group["source"])),
            authors=_authors(group),
        )
        for name, group in records.groupby("licence", sort=True)
    ]
    return sorted(found, key=lambda licence: (-licence.accepted, licence.name))


def sources_of(records: pd.DataFrame) -> list[Source]:
    """Sources in name order."""
    return [
        Source(
            name=str(name),
            accepted=len(group),
            selected=int(group["selected"].sum()),
            languages=sorted(set(group["language"]) - {""}),
            licences=sorted(set(group["licence"])),
            example_caption=group["caption"].iloc[0],
        )
        for name, group in records.groupby("source", sort=True)
    ]


def verdict_of(licences: list[Licence]) -> str:
    """What the corpus as a whole asks: `obstacle`, `share_alike`, `credit` or `free`."""
    return strictest({duty for licence in licences for duty in licence.duties})


def _authors(group: pd.DataFrame) -> list[Author]:
    table = group.assign(named=group["url"].where(group["url"] != ""))
    counted = table.groupby("author", sort=True).agg(
        accepted=("id", "size"), selected=("selected", "sum"), url=("named", "first")
    )
    names = [str(name) for name in counted.index]
    authors = [
        Author(name=name, accepted=accepted, selected=int(selected), url=url if isinstance(url, str) else "")
        for name, (accepted, selected, url) in zip(names, counted.itertuples(index=False), strict=True)
    ]
    return sorted(authors, key=lambda author: (-author.accepted, author.name))

"""The student in MLflow's registry: who is champion, who challenges, what was decided and why, and the way back.

`champion` is the alias of the version in use, set by a promotion alone; `challenger` that of the newest publication.
A decision stands on the version it was made about: as tags for programs, in the description for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.tracking import Client

MODEL = "kakehashi-student"
CHAMPION, CHALLENGER = "champion", "challenger"
DESCRIPTION_CHARACTERS = 5000
"""The most that the registry's own table takes."""
CARD_CHARACTERS = 2000
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
BEFORE_CARDS = "\n\n<!-- cards -->\n\n"
PREVIOUS = "champion.previous"
"""Tag of a version that became champion: the number of the one it took over from, or nothing."""


@dataclass(frozen=True)
class Version:
    """A registered student."""

    number: int
    run_id: str
    """MLflow's id of the run that trained it."""
    tags: Mapping[str, str]


def challenge(client: Client, number: int, cards: Sequence[str]) -> None:
    """Make a new version the challenger, described by its cards."""
    plain = [FRONT_MATTER.sub("", card) for card in cards]
    text = "\n\n---\n\n".join(shortened(card, CARD_CHARACTERS) for card in plain)
    client.update_model_version(MODEL, str(number), BEFORE_CARDS.lstrip() + text)
    client.set_registered_model_alias(MODEL, CHALLENGER, str(number))


def version_by_alias(client: Client, alias: str) -> Version | None:
    """The version that an alias names now; None if there is none."""
    if not client.search_registered_models(f"name = '{MODEL}'"):
        return None
    number = client.get_registered_model(MODEL).aliases.get(alias)
    return None if number is None else version(client, int(number))


def version(client: Client, number: int) -> Version:
    """A version by its number."""
    found = client.get_model_version(MODEL, str(number))
    return Version(int(found.version), str(found.run_id), dict(found.tags))


def version_of_run(client: Client, run_id: str) -> Version | None:
    """The version that a run's student became; None if it was not registered."""
    numbers = [int(found.version) for found in client.search_model_versions(f"run_id = '{run_id}'")]
    return version(client, max(numbers)) if numbers else None


def record_decision(client: Client, about: Version, words: str, tags: Mapping[str, str]) -> None:
    """Write a decision on the version: its tags, and its words above those of earlier ones and above the cards."""
    for name, value in tags.items():
        client.set_model_version_tag(MODEL, str(about.number), name, value)
    described = client.get_model_version(MODEL, str(about.number)).description or ""
    earlier, _, cards = (part.strip() for part in described.partition(BEFORE_CARDS.strip()))
    room = DESCRIPTION_CHARACTERS - len(BEFORE_CARDS) - len(cards)
    decisions = shortened("\n\n".join(filter(None, [words, earlier])), room)
    client.update_model_version(MODEL, str(about.number), decisions + BEFORE_CARDS + cards)


def crown(client: Client, winner: Version) -> None:
    """Make a version the champion, and note on it whom it took over from; the champion of now stays as it is."""
    before = version_by_alias(client, CHAMPION)
    if before is None or before.number != winner.number:
        previous = "" if before is None else str(before.number)
        client.set_model_version_tag(MODEL, str(winner.number), PREVIOUS, previous)
        client.set_registered_model_alias(MODEL, CHAMPION, str(winner.number))


def roll_back(client: Client) -> tuple[Version, Version]:
    """Give the title back to the version that the champion took it from.

    Returns:
        The version that lost the title, and the one that has it again.

    Raises:
        LookupError: there is no champion, or it took over from nobody.
    """
    fallen = version_by_alias(client, CHAMPION)
    if fallen is None:
        raise LookupError("There is no champion to roll back. Promote a run first: kakehashi promote.")
    if not fallen.tags.get(PREVIOUS):
        raise LookupError(f"Version {fallen.number} is the first champion: there is none before it to go back to.")
    restored = version(client, int(fallen.tags[PREVIOUS]))
    client.set_registered_model_alias(MODEL, CHAMPION, str(restored.number))
    return fallen, restored


def shortened(text: str, characters: int) -> str:
    """The paragraphs of `text` from its beginning that fit, and a word that there is more."""
    more = "\n\n…"
    if len(text) <= characters:
        return text.strip()
    kept = text[: max(0, characters - len(more))].rpartition("\n\n")[0]
    return kept.strip() + more if kept else text[: max(0, characters - 1)] + "…"

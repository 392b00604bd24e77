"""What a licence asks of whoever learns from a work: read from its name, to be confirmed by a lawyer."""

import re
from typing import Literal

Duty = Literal["attribution", "share_alike", "notice", "non_commercial", "no_derivatives", "unknown"]
DUTIES: tuple[Duty, ...] = ("attribution", "share_alike", "notice", "non_commercial", "no_derivatives", "unknown")
OBSTACLES: tuple[Duty, ...] = ("non_commercial", "no_derivatives", "unknown")
"""Duties that a company cannot meet by naming authors; a lawyer decides first."""

FREE = {"cc0", "unlicense", "pdm", "0bsd"}
COPYLEFT = {"gpl", "lgpl", "agpl", "odbl"}
PERMISSIVE = {"mit", "apache", "bsd", "ofl", "isc", "unicode", "zlib"}
CC_WORDS: dict[str, Duty] = {
    "by": "attribution",
    "attribution": "attribution",
    "sa": "share_alike",
    "sharealike": "share_alike",
    "nc": "non_commercial",
    "noncommercial": "non_commercial",
    "nd": "no_derivatives",
    "noderivatives": "no_derivatives",
    "noderivs": "no_derivatives",
}


def duties(licence: str) -> tuple[Duty, ...]:
    """The duties of a licence, named as SPDX or Creative Commons name it, in the order of DUTIES; () if none."""
    words = set(re.findall(r"[a-z0-9]+", licence.lower()))
    roots = {re.sub(r"v?\d+$", "", word) for word in words} | words
    found: set[Duty] = set()
    if words & {"cc", "creative"}:
        found |= {CC_WORDS[word] for word in words & set(CC_WORDS)}
    if roots & COPYLEFT:
        found |= {"share_alike", "notice"}
    if roots & PERMISSIVE:
        found.add("notice")
    if not found and not roots & FREE and not {"public", "domain"} <= words:
        found.add("unknown")
    return tuple(duty for duty in DUTIES if duty in found)


def strictest(all_duties: set[Duty]) -> Literal["obstacle", "share_alike", "credit", "free"]:
    """The verdict over many works: what the most demanding of them asks."""
    if all_duties & set(OBSTACLES):
        return "obstacle"
    if "share_alike" in all_duties:
        return "share_alike"
    return "credit" if all_duties else "free"

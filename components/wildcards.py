"""Names with wildcards: `*` is any ending, `?` any character; case, and hyphen or blank, make no difference."""

import re
from collections.abc import Iterable


def wildcard_regex(patterns: Iterable[str]) -> str:
    """One regular expression for the whole names that `patterns` allow: `CC-BY-4.*` also means `cc by 4.0`.

    Non-capturing groups throughout: Great Expectations warns of others.
    """
    return r"(?i)^(?:" + "|".join(_regex(pattern) for pattern in patterns) + r")$"


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that `pattern` means, in their order."""
    expression = re.compile(wildcard_regex([pattern]))
    return [name for name in names if expression.match(name)]


def _regex(pattern: str) -> str:
    parts = {"*": ".*", "?": ".", "-": "[- ]", " ": "[- ]"}
    return "".join(parts.get(character, re.escape(character)) for character in pattern.strip())

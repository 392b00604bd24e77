"""Settings of the toy stage `collect`."""

from components.params import Section


class Without(Section):
    """What is left out."""

    numbers: list[str]


class CollectParams(Section):
    source: str
    """A text file with one number per line; a relative path starts at the checkout."""
    without: Without
    ballast_files: int = 0
    """So many small files more, for DVC to hash."""

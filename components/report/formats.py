"""Numbers as people read them: dollars, yen, percentages, counts; and text made safe for Markdown."""

import re
from html import escape
from typing import Any

from markupsafe import Markup

MINUS = "\N{MINUS SIGN}"
SPECIAL = re.compile(r"([\\`*_\[\]|#~])")
SAFE_LINK = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)


def number(value: float, digits: int = 0) -> str:
    """1234.5 → 1,234 or, with digits=1, 1,234.5; a true minus sign; never a negative zero."""
    text = f"{abs(value):,.{digits}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def signed(value: float, digits: int = 1) -> str:
    """+1.2, −1.2, and 0.0 without a sign."""
    text = number(value, digits)
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def percent(share: float, digits: int = 1) -> str:
    """0.314 → 31.4%"""
    return f"{number(100 * share, digits)}%"


def usd(value: float) -> str:
    """1234.5 → $1,234; cents below ten dollars, where they matter."""
    text = number(abs(value), 2 if 0 < abs(value) < 10 else 0)
    return f"{MINUS if value < 0 and text.strip('0.,') else ''}${text}"


def about_usd(value: float) -> str:
    """Three significant digits, for a sentence: 123456 → $123,000"""
    return usd(float(f"{value:.3g}"))


def yen(value: float) -> str:
    """Three significant digits from ten thousand on, in 万 and 億, as accounts are spoken of: 12345678 → 1,230万円"""
    value = float(f"{value:.3g}") if abs(value) >= 10_000 else value
    if abs(value) >= 100_000_000:
        return f"{_trimmed(value / 100_000_000)}億円"
    return f"{_trimmed(value / 10_000)}万円" if abs(value) >= 10_000 else f"{number(value)}円"


def plain(value: Any) -> str:
    """A setting or figure as it stands in its file, thousands separated."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, list):
        return ", ".join(plain(inner) for inner in value)
    return str(value)


def words(name: str) -> str:
    """near_duplicate → near duplicate"""
    return name.replace("_", " ")


def link(url: str) -> str:
    """The address if it leads to the web and nowhere else; empty for `javascript:` and its like."""
    return url if SAFE_LINK.fullmatch(url) else ""


def markdown_text(value: Any) -> Any:
    """Text whose every sign means itself in Markdown, on one line; marked-up text passes."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return Markup(escape(SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", value)), quote=False))


def markdown_code(value: Any) -> Markup:
    """A code span; backticks, which would end it, and bars, which would end a table's cell, become look-alikes."""
    return Markup(f"`{' '.join(str(value).split()).replace('`', 'ˋ').replace('|', '¦')}`")


def _trimmed(value: float) -> str:
    return number(value, 2).rstrip("0").rstrip(".") if value % 1 else number(value)

"""Jinja templates filled with a report: HTML that is escaped by default, and Markdown that is too."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment

from components import pages
from components.report import charts, formats, words
from components.report.content import Report

TEMPLATES = Path(__file__).parent / "templates"


def page(report: Report) -> str:
    """The management page: one HTML file that asks the network for nothing."""
    environment = _environment(autoescape=True)
    environment.filters["words"] = formats.words
    return _fill(environment, "page.html", report)


def card(template: str, report: Report) -> str:
    """A Markdown file, such as `card("model_card.md", report)`; every text in it means itself."""
    environment = _environment(autoescape=False, finalize=formats.markdown_text)
    environment.filters["words"] = formats.words
    environment.filters["code"] = formats.markdown_code
    return _fill(environment, template, report)


def data_uri(png: bytes) -> str:
    """A PNG as an address that carries the picture itself."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _environment(*, autoescape: bool, finalize: Callable[[Any], Any] | None = None) -> Environment:
    environment = pages.environment(TEMPLATES, autoescape=autoescape, finalize=finalize)
    environment.filters.update(
        number=formats.number,
        signed=formats.signed,
        percent=formats.percent,
        usd=formats.usd,
        about_usd=formats.about_usd,
        yen=formats.yen,
        plain=formats.plain,
        link=formats.link,
        data_uri=data_uri,
    )
    return environment


def _fill(environment: Environment, template: str, report: Report) -> str:
    return environment.get_template(template).render(r=report, charts=charts, words=words)

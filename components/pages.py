"""Files made from Jinja templates: one environment and one HTML head for every page of Kakehashi.

A template may take from `shared.html`
    head(title, policy, light_and_dark)   the lines from the doctype to the title; `policy` says what a page may load
    mark()                                the bridge, Kakehashi's mark
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined

SHARED = """\
{% macro head(title, policy, light_and_dark=false) %}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {{ policy | safe }}">
<meta name="referrer" content="no-referrer">
{% if light_and_dark %}
<meta name="color-scheme" content="light dark">
{% endif %}
<title>{{ title }}</title>{% endmacro %}
{% macro mark() %}
{% set bridge = "M2 22C12 4 36 4 46 22M2 14h44M10 14v-0.2M24 14V8.6M16 14v-3.6M32 14v-3.6M10 14v0.6M38 14v0.6" %}
<svg viewBox="0 0 48 26" width="48" height="26" aria-hidden="true"><path d="{{ bridge }}" fill="none" \
stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>{% endmacro %}
"""


def environment(templates: Path, *, autoescape: bool, finalize: Callable[[Any], Any] | None = None) -> Environment:
    """Jinja for the templates of one folder; a name that a template does not find is an error.

    Args:
        templates: the folder.
        autoescape: True for HTML, in which every text means itself.
        finalize: applied to every value before it is written.
    """
    return Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), DictLoader({"shared.html": SHARED})]),
        autoescape=autoescape,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

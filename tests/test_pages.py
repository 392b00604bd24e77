"""Every page has one head, and what it may load stands in it as it was given."""

import pytest
from jinja2 import UndefinedError

from components.pages import environment


@pytest.fixture
def filled(tmp_path):
    def fill(template, **values):
        (tmp_path / "page.html").write_text(template, encoding="utf-8")
        return environment(tmp_path, autoescape=True).get_template("page.html").render(**values)

    return fill


def test_a_head_holds_the_policy_as_it_is_and_the_title_as_text(filled):
    page = filled("""{% from "shared.html" import head %}{{ head(title, "img-src 'self'") }}""", title="<b>")
    assert page.startswith('<!doctype html>\n<html lang="en">\n<head>\n')
    assert "content=\"default-src 'none'; img-src 'self'\">" in page
    assert page.endswith("<title>&lt;b&gt;</title>")
    assert "color-scheme" not in page


def test_a_page_may_follow_the_reader_s_light(filled):
    page = filled("""{% from "shared.html" import head %}{{ head("t", "", light_and_dark=true) }}""")
    assert '<meta name="color-scheme" content="light dark">\n<title>' in page


def test_the_mark_is_one_picture(filled):
    assert filled("""{% from "shared.html" import mark %}{{ mark() }}""").count("<svg") == 1


def test_a_name_that_is_not_there_is_an_error(filled):
    with pytest.raises(UndefinedError, match="'nobody' is undefined"):
        filled("{{ nobody }}")

"""Numbers and texts as people read them."""

import pytest

from components.report import formats


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.number(1234.5), "1,234"),
        (formats.number(-0.04, 1), "0.0"),  # no negative zero
        (formats.signed(3.14159), "+3.1"),
        (formats.signed(-3.14159), "−3.1"),
        (formats.signed(0), "0.0"),
        (formats.percent(0.314), "31.4%"),
        (formats.usd(-1234.4), "−$1,234"),
        (formats.usd(2.4), "$2.40"),
        (formats.usd(0), "$0"),
        (formats.usd(-0.001), "$0.00"),
        (formats.about_usd(123_456), "$123,000"),
        (formats.yen(12_345_678), "1,230万円"),
        (formats.yen(-12_345), "−1.23万円"),
        (formats.yen(123_456_789), "1.23億円"),
        (formats.yen(980), "980円"),
        (formats.plain([1, 0.5, "a"]), "1, 0.5, a"),
        (formats.plain(True), "true"),
        (formats.words("near_duplicate"), "near duplicate"),
    ],
)
def test_reads_as(text, expected):
    assert text == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ('https://example.org/"onclick="x', ""),
        ("https://example.org/a b", ""),
        ("", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(url, expected):
    assert formats.link(url) == expected


def test_every_sign_means_itself_in_markdown():
    assert formats.markdown_text("a|b *c*\n<i>&") == r"a\|b \*c\* &lt;i&gt;&amp;"
    assert formats.markdown_code("a`b|c") == "`aˋb¦c`"

"""What licences ask, read from their names."""

import pytest

from components.report.licences import duties, strictest


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC0-1.0", ()),
        ("Public domain", ()),
        ("CC-BY-4.0", ("attribution",)),
        ("CC BY 2.0 and CC BY 4.0", ("attribution",)),
        ("CC-BY-SA-4.0", ("attribution", "share_alike")),
        ("CC BY-NC-ND 4.0", ("attribution", "non_commercial", "no_derivatives")),
        ("Creative Commons Attribution-ShareAlike 4.0", ("attribution", "share_alike")),
        ("MIT", ("notice",)),
        ("Apache-2.0 (image resources; root LICENSE file is OFL-1.1)", ("notice",)),
        ("GPLv3", ("share_alike", "notice")),
        ("All rights reserved", ("unknown",)),
        ("", ("unknown",)),
    ],
)
def test_duties_of(licence, expected):
    assert duties(licence) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (set(), "free"),
        ({"notice"}, "credit"),
        ({"attribution", "share_alike"}, "share_alike"),
        ({"share_alike", "non_commercial"}, "obstacle"),
        ({"unknown"}, "obstacle"),
    ],
)
def test_the_most_demanding_work_decides(asked, expected):
    assert strictest(asked) == expected

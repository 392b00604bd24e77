"""Names with wildcards mean whole names, in their order."""

import pytest

from components.wildcards import matching


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("hex bolt", ["hex bolt"]),
        ("HEX-BOLT", ["hex bolt"]),
        ("* bolt", ["hex bolt", "U-bolt", "eye bolt"]),
        ("U?bolt", ["U-bolt"]),
        ("bolt", []),
        ("(hex) bolt", []),  # no sign but * and ? has a meaning of its own
        ("*", ["hex bolt", "U-bolt", "eye bolt", "nut"]),
    ],
)
def test_a_pattern_means_whole_names(pattern, expected):
    assert matching(pattern, ["hex bolt", "U-bolt", "eye bolt", "nut"]) == expected

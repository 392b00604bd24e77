"""Whose work was used, counted."""

import pandas as pd

from components.report.credits import RECORD_COLUMNS, learned_records, licences_of, sources_of, verdict_of

ROWS = [
    ("a/1", "a", "MIT", "Aya", "", "en", "a gear"),
    ("a/2", "a", "MIT", "Ben", "https://example.org/2", "en", "a nut"),
    ("a/3", "a", "MIT", "Ben", "https://example.org/3", "", "a bolt"),
    ("b/1", "b", "CC-BY-SA-4.0", None, "", "ja", "歯車"),
]
ACCEPTED = pd.DataFrame(ROWS[::-1], columns=RECORD_COLUMNS)
RECORDS = learned_records(ACCEPTED, pd.DataFrame({"id": ["a/3", "b/1"]}))


def test_authors_are_named_under_their_licence_most_images_first():
    mit, share_alike = licences_of(RECORDS)
    assert (mit.name, mit.accepted, mit.selected, mit.sources) == ("MIT", 3, 1, ["a"])
    assert [(author.name, author.accepted, author.selected, author.url) for author in mit.authors] == [
        ("Ben", 2, 1, "https://example.org/2"),
        ("Aya", 1, 0, ""),
    ]
    assert [author.name for author in share_alike.authors] == [""]  # nobody named


def test_the_verdict_is_over_all_licences():
    assert verdict_of(licences_of(RECORDS)) == "share_alike"
    assert verdict_of(licences_of(RECORDS)[:1]) == "credit"


def test_sources_are_counted():
    first, second = sources_of(RECORDS)
    assert (first.name, first.accepted, first.selected, first.languages) == ("a", 3, 1, ["en"])
    assert first.example_caption == "a gear"  # that of the first id
    assert second.licences == ["CC-BY-SA-4.0"]

"""A row's texts: columns, templates, constants, filters."""

import math

import pytest

from components.collect.params import TableSource
from components.collect.rows import RowReader, SourceError, text_of

ROW = {"name": "gear", "tags": ["steel", "M4"], "licence": "MIT", "kind": "part", "url": None}


def reader(*, labelled: bool = False, **settings: object) -> RowReader:
    source = TableSource.model_validate({"name": "t", "format": "table", "path": "t.csv", **settings})
    return RowReader(source, list(ROW), labelled=labelled)


def found(**settings: object):
    labelled = bool(settings.pop("labelled", False))
    return reader(labelled=labelled, **settings).found(ROW, place="7", image_bytes=b"", extension="png")


@pytest.mark.parametrize(
    ("caption", "expected"),
    [("name", "gear"), ("a {kind} called {name}", "a part called gear"), ("{name}, {tags}", "gear, steel, M4")],
    ids=["column", "template", "list"],
)
def test_a_caption_is_a_column_or_a_template(caption, expected):
    assert found(caption=caption).caption == expected


@pytest.mark.parametrize(
    ("licence", "expected"),
    [("", "MIT"), ("CC0-1.0", "CC0-1.0"), ("{licence} or later", "MIT or later"), ("kind", "part")],
    ids=["usual-column", "constant", "template", "column"],
)
def test_a_licence_may_also_hold_for_all(licence, expected):
    assert found(caption="name", licence=licence).licence == expected


def test_a_field_nobody_set_may_follow_the_columns_of_each_row():
    following = reader(caption="name")
    licences = []
    for row in [{"license": "CC0-1.0"}, {"name": "nut"}, {"license": "MIT", "licence": "BSD"}]:
        following.follow(row)
        licences.append(following.found(row, place="7", image_bytes=b"", extension="png").licence)
    assert licences == ["CC0-1.0", "", "BSD"]


def test_what_nobody_said_is_empty_or_english():
    image = found(caption="name")
    assert (image.key, image.language, image.url, image.author, image.label) == ("7", "en", "", "", "")


def test_the_true_label_is_read_where_the_source_names_it_and_always_in_evaluation():
    assert found(caption="name").label == ""
    assert found(caption="name", label="kind").label == "part"
    assert found(caption="name", label="kind", labelled=True).label == "part"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"caption": "nmae"}, "caption names the column `nmae`. Did you mean `name`?"),
        ({"caption": "a {knd}"}, "caption names the column `knd`. Did you mean `kind`?"),
        ({"caption": "name", "where": {"kinds": "x"}}, "where.kinds names the column `kinds`. Did you mean `kind`?"),
        ({}, "There is no column `caption`: set caption to one of name, tags, licence, kind, url."),
        (
            {"caption": "name", "labelled": True},
            "There is no column `label`: set label to one of name, tags, licence, kind, url.",
        ),
    ],
    ids=["column", "template", "where", "no-caption", "no-label"],
)
def test_a_column_that_is_not_there_is_named_with_the_mend(settings, message):
    with pytest.raises(SourceError) as error:
        found(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"kind": "part"}, True),
        ({"kind": ["whole", "part"]}, True),
        ({"kind": "whole"}, False),
        ({"kind": "part", "name": "bolt"}, False),
    ],
    ids=["equal", "one-of", "other", "all-must-hold"],
)
def test_where_keeps_a_row_that_passes_all(where, wanted):
    assert reader(caption="name", where=where).wants(ROW) is wanted


def test_a_where_that_nothing_passes_says_what_there_is():
    choosy = reader(caption="name", where={"kind": "parts"})
    choosy.wants(ROW)
    assert choosy.nothing_found() == "No row has kind = parts. Did you mean `part`?"


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (math.nan, ""), (" x ", "x"), (3, "3"), (["a", None, 2], "a, , 2"), ([], "")],
    ids=["none", "nan", "blanks", "number", "list", "empty"],
)
def test_a_cell_as_text(cell, text):
    assert text_of(cell) == text

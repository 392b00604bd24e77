"""Where files are, and what their names say."""

import pytest

from components.collect.places import bytes_or_nothing, extension_of, resolve


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PNG", "png"), ("deep/a.b.jpeg", "jpg"), ("a", ""), (".hidden", ""), ("000.seg.webp", "webp")],
)
def test_the_ending_of_a_name(name, extension):
    assert extension_of(name) == extension


def test_a_path_starts_from_home_unless_it_is_absolute(tmp_path, monkeypatch):
    (tmp_path / "corpora").mkdir()
    monkeypatch.setenv("KAKEHASHI_HOME", str(tmp_path))
    assert resolve("corpora") == tmp_path / "corpora"
    assert resolve(str(tmp_path / "corpora")) == tmp_path / "corpora"
    monkeypatch.delenv("KAKEHASHI_HOME")
    monkeypatch.chdir(tmp_path)
    assert resolve("corpora").samefile(tmp_path / "corpora")


def test_a_file_that_is_not_there_has_no_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert bytes_or_nothing(tmp_path / "a") == b"x"
    assert bytes_or_nothing(tmp_path / "b") == b""

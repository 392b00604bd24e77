"""The pool: how many, none twice, none that names a class; and the user's own file."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.lexical import LexicalIndex
from components.retrieve.descriptors import OWN, read_pool
from components.task import parse_labels
from components.words import script, terms

ROOT = Path(__file__).parents[2]
TASKS = [ROOT / "params.yaml", *sorted((ROOT / "examples").glob("*.yaml"))]
POOL = read_pool("")


def test_the_pool_is_large_and_each_line_stands_once():
    assert len(POOL["en"]) >= 300
    assert len(POOL["ja"]) >= 150
    for language, lines in POOL.items():
        assert len({tuple(terms(line, language)) for line in lines}) == len(lines)
        assert {script(line) for line in lines} == {language}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.stem)
def test_no_descriptor_names_a_class_of_a_task_that_we_ship(task):
    labels = parse_labels(YAML(typ="safe").load(task)["retrieve"]["labels"])
    lines = [line for language in OWN for line in POOL[language]]
    index = LexicalIndex.build(lines, [language for language in OWN for _ in POOL[language]])
    named = index.search(labels, len(lines), partial=False)
    assert not [(label.name, lines[row]) for label, (rows, _) in zip(labels, named, strict=True) for row in rows]


def test_a_descriptor_reads_on_behind_a_prompt():
    assert "a bolt" + POOL["en"][0] == "a bolt, seen from above"
    assert "a bolt which can be of any colour" in {"a bolt" + line for line in POOL["en"]}
    assert "六角ボルト" + POOL["ja"][0] == "六角ボルト、真上から見たところ"


def test_the_pool_goes_with_the_installed_package():
    """setuptools takes along only what package-data names."""
    setup = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"components.retrieve" = ["descriptors.*.txt", "templates/*"]' in setup
    assert all(Path(name).match("descriptors.*.txt") for name in OWN.values())
    assert {file.name for file in (ROOT / "components" / "retrieve").glob("*.txt")} == set(OWN.values())


def test_a_users_lines_join_the_pool_of_their_script(tmp_path):
    (tmp_path / "own.txt").write_text("made in Kobe\n\n、神戸製\n, on a tray\n", encoding="utf-8-sig")
    pool = read_pool(str(tmp_path / "own.txt"))
    assert pool["en"] == [*POOL["en"], " made in Kobe", ", on a tray"]
    assert pool["ja"] == [*POOL["ja"], "、神戸製"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, 'does not exist. Place it there, or write "" for none.'),
        (b"\n \n", 'holds no line. Write one descriptor a line, or "" for none.'),
        (b"in Kobe\n, old\nin Kobe \n", "has `in Kobe` twice. Remove one."),
        (b", seen from above\n", "has `, seen from above`, which the project's own pool has too. Remove it."),
        ("、神戸製".encode("shift_jis"), "is not UTF-8 text. Save it as UTF-8."),
    ],
    ids=["missing", "empty", "twice", "known", "encoding"],
)
def test_a_file_that_cannot_be_used(tmp_path, content, message):
    file = tmp_path / "own.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError) as error:
        read_pool(str(file))
    assert str(error.value) == f"params.yaml: retrieve.augmentation.descriptors_file: {file} {message}"

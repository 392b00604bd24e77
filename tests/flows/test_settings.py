"""Changed settings: what is written, what is kept, and what a mistake is answered with."""

from pathlib import Path

import pytest
from pydantic import PositiveFloat, PositiveInt

from components.params import ParamsError, Section
from flows.settings import Change, assignments, change_settings, changed_values, differences, overlay, same

ROOT = Path(__file__).resolve().parents[2]


class Label(Section):
    name: str
    images: PositiveInt


class TrainParams(Section):
    steps: PositiveInt
    rate: PositiveFloat
    names: list[str]
    """Quoted or not."""


class RetrieveParams(Section):
    labels: list[Label]


SECTIONS = {"train": TrainParams, "retrieve": RetrieveParams}
TEXT = """\
# The head.
train: # how to learn
  steps: 12
  rate: 1e-2 # per step

  names: ["one", 'two'] # quoted either way
retrieve:
  labels: # a list
    - {name: bolt, images: 3}
    - {name: nut, images: 4} # the last
"""


@pytest.fixture
def params(tmp_path: Path) -> Path:
    file = tmp_path / "params.yaml"
    file.write_text(TEXT)
    return file


@pytest.mark.parametrize(
    ("assignment", "old", "new", "field"),
    [
        ("train.steps=3", "steps: 12", "steps: 3", "train.steps"),
        ("train.rate=0.5", "1e-2", "0.5 ", "train.rate"),  # the comment keeps its column
        ("train.names=[one, three]", "'two'", "'three'", "train.names"),
        ("retrieve.labels.1.images=9", "images: 4", "images: 9", "retrieve.labels"),
        ("retrieve.labels=[{name: gear, images: 1}]",
         "    - {name: bolt, images: 3}\n    - {name: nut, images: 4} # the last\n",
         "    - {name: gear, images: 1}\n", "retrieve.labels"),
    ],
    ids=["whole number", "number with exponent", "one item of a list", "a field of an item", "a shorter list"],
)  # fmt: skip
def test_only_the_changed_value_moves(params: Path, assignment: str, old: str, new: str, field: str) -> None:
    assert change_settings(params, [assignments([assignment])], SECTIONS) == [field]
    assert params.read_text() == TEXT.replace(old, new)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"train": {"rate": 0.01}},
        {"train": {"steps": 12.0}},
        {"retrieve": {"labels": [{"images": 3, "name": "bolt"}, {"name": "nut", "images": 4}]}},
    ],
    ids=["nothing", "another spelling", "a float as the form sends it", "keys in another order"],
)  # fmt: skip
def test_equal_values_leave_every_byte(params: Path, values: dict) -> None:
    assert change_settings(params, [Change(Path("form"), values)], SECTIONS) == []
    assert params.read_text() == TEXT


def test_the_shipped_file_survives_a_change_and_its_undoing(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text()
    file = tmp_path / "params.yaml"
    file.write_text(text)
    change_settings(file, [assignments(["collect.synthetic.seed=987654"])], {})
    changed = [line for line in file.read_text().splitlines() if line not in text.splitlines()]
    assert [line.strip().split(":")[0] for line in changed] == ["seed"]
    (seed,) = [line for line in text.splitlines() if line not in file.read_text().splitlines()]
    change_settings(file, [assignments([f"collect.synthetic.{seed.split('#')[0].strip().replace(': ', '=')}"])], {})
    assert file.read_text() == text


def test_later_changes_win(params: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.yaml"
    first.write_text("train: {steps: 3, rate: 0.5}\n")
    change_settings(params, [overlay(first), assignments(["train.steps=4"])], SECTIONS)
    assert params.read_text() == TEXT.replace("12", "4").replace("1e-2", "0.5 ")


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("train.setps=3", "--set: train.setps is not a parameter. Did you mean `steps`?"),
        ("tran.steps=3", "--set: tran is not a section. Did you mean `train`?"),
        ("train.steps=0", "--set: train.steps is 0. Input should be greater than 0."),
        ("train.steps", "--set train.steps: write it as section.field=value, such as train.seed=3."),
        ("steps=3", "--set steps=3: write it as section.field=value, such as train.seed=3."),
        ("retrieve.labels.2.images=9", "--set: retrieve.labels.2 is not there; the list has items 0 to 1."),
        ("train.names=[one", "--set train.names=[one: the value is not valid YAML: "),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(params: Path, assignment: str, sentence: str) -> None:
    with pytest.raises(ParamsError) as error:
        change_settings(params, [assignments([assignment])], SECTIONS)
    assert str(error.value).startswith(sentence)
    assert params.read_text() == TEXT


def test_the_overlay_is_named_not_the_file_it_changes(params: Path, tmp_path: Path) -> None:
    file = tmp_path / "emoji.yaml"
    file.write_text("train: {steps: none}\n")
    with pytest.raises(ParamsError, match=r"emoji\.yaml: train\.steps is 'none'\. Write a whole number"):
        change_settings(params, [overlay(file)], SECTIONS)


def test_a_missing_overlay_is_held_against_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the project's folder, as the command line does, and in a clone and its checkout, as the form does."""
    clone, home = tmp_path / "clone", tmp_path / "home"
    for place, name in ((clone, "emoji"), (clone, "presets/clip"), (home, "own")):
        file = place / "examples" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("train: {steps: 3}\n")
    monkeypatch.chdir(clone)
    for places in ((Path(),), (clone, home)):
        with pytest.raises(ParamsError) as error:
            overlay("examples/emojy.yaml", places)
        assert str(error.value) == "overlay: examples/emojy.yaml does not exist. Did you mean `examples/emoji.yaml`?"
        with pytest.raises(ParamsError, match=r"exist\. Known: examples/emoji\.yaml, examples/presets/clip\.yaml\.$"):
            overlay("0", places)
    assert overlay("examples/own.yaml", (clone, home)).origin == home / "examples" / "own.yaml"


def test_the_form_s_part_is_what_differs() -> None:
    before = {"train": {"steps": 12, "rate": 0.5}, "report": {"wage": 30}}
    after = {"report": {"wage": 30.0}, "train": {"rate": 0.5, "steps": 3}}
    assert changed_values(before, after) == {"train": {"steps": 3}}
    assert list(differences(before, after)) == ["train.steps"]


def test_true_is_not_one() -> None:
    assert same(3, 3.0)
    assert same([1, {"a": 2}], (1, {"a": 2}))
    assert not same(True, 1)
    assert not same([1], [1, 2])

"""From `params.yaml` to a typed section, and from a mistake to one line that mends it."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, PositiveInt, ValidationError, model_validator

from components.params import ParamsError, Section, load_section, read_yaml, unknown_name


class Square(Section):
    format: Literal["square"]
    side_px: PositiveInt


class Circle(Section):
    format: Literal["circle"]
    radius_px: PositiveInt


class Paper(Section):
    colour: str


class Pen(Section):
    colour: str
    width_px: PositiveInt


class DrawParams(Section):
    pens: tuple[Pen, ...] = ()
    shapes: list[Annotated[Square | Circle, Field(discriminator="format")]]
    paper: Paper
    copies: PositiveInt
    """How often."""


SOUND = """
draw:
  shapes: [{format: square, side_px: 3}]
  paper: {colour: white}
  copies: 2
"""


def load(folder, text):
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return load_section("draw", DrawParams, folder / "params.yaml")


def refused(folder, text):
    with pytest.raises(ParamsError) as error:
        load(folder, text)
    return str(error.value).replace(f"{folder}/", "")


def test_a_section_is_typed_and_frozen(tmp_path):
    params = load(tmp_path, SOUND)
    assert isinstance(params.shapes[0], Square)
    with pytest.raises(ValidationError):
        params.copies = 3


def test_the_string_under_a_field_describes_it():
    assert DrawParams.model_json_schema()["properties"]["copies"]["description"] == "How often."


def test_numbers_are_read_as_yaml_1_2_reads_them(tmp_path):
    (tmp_path / "params.yaml").write_text("rate: 1e-2\nanswer: no\n")
    assert read_yaml(tmp_path / "params.yaml") == {"rate": 0.01, "answer": "no"}


@pytest.mark.parametrize(
    ("sound", "wrong", "message"),
    [
        ("copies: 2", "copys: 2\n  copies: 2", "draw.copys is not a parameter. Did you mean `copies`?"),
        ("copies: 2", "copies: 0", "draw.copies is 0. Input should be greater than 0."),
        ("copies: 2", "copies: some", "draw.copies is 'some'. Write a whole number."),
        ("copies: 2", "copies: 2.5", "draw.copies is 2.5. Write a whole number."),
        ("colour:", "color: white, colour:", "draw.paper.color is not a parameter. Did you mean `colour`?"),
        ("  copies: 2", "", "draw.copies is missing. Give it a value; docs/parameters.md says what it means."),
        ("draw:", "drow:", "there is no section `draw`. Add one; docs/parameters.md lists its fields."),
    ],
    ids=["unknown", "out-of-bounds", "no-number", "no-whole-number", "nested", "missing", "no-section"],
)
def test_a_mistake_is_one_line_with_file_field_and_mend(tmp_path, sound, wrong, message):
    line = refused(tmp_path, SOUND.replace(sound, wrong))
    assert line.startswith("params.yaml: ")
    assert line.endswith(message)
    assert "\n" not in line


def test_a_mistake_in_one_of_several_shapes_names_the_shape_s_own_fields(tmp_path):
    line = refused(tmp_path, SOUND.replace("side_px: 3", "side_px: 3, sidepx: 3"))
    assert line.endswith("sidepx is not a parameter. Did you mean `side_px`?")


def test_every_mistake_is_told_at_once(tmp_path):
    lines = refused(tmp_path, SOUND.replace("copies: 2", "copies: 0").replace("white", "7")).splitlines()
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("draw: [1, 2", "is not valid YAML"),
        ("- draw", "must hold a mapping from section to settings, not list"),
        ("", "must hold a mapping from section to settings, not NoneType"),
    ],
    ids=["syntax", "list", "empty"],
)
def test_what_is_no_settings_file(tmp_path, text, message):
    assert message in refused(tmp_path, text)


def test_a_missing_file(tmp_path):
    with pytest.raises(ParamsError, match=r"none.yaml does not exist. Run from the project's root"):
        read_yaml(tmp_path / "none.yaml")


def test_an_unknown_name_is_answered_with_the_nearest_or_with_all():
    assert unknown_name("tran", ["train", "embed"]) == "Did you mean `train`?"
    assert unknown_name("zzz", ["train", "embed"]) == "Known: train, embed."


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("swift: perhaps", "Write true or false."),
        ("share: .inf", "Write a finite number."),
        ("share: x", "Write a number."),
    ],
)
def test_what_to_write_instead_is_said_in_plain_words(tmp_path, value, mend):
    class Quick(Section):
        swift: bool = False
        share: float = 0.0

    (tmp_path / "params.yaml").write_text(f"quick: {{{value}}}\n", encoding="utf-8")
    with pytest.raises(ParamsError) as error:
        load_section("quick", Quick, tmp_path / "params.yaml")
    assert str(error.value).endswith(f" {mend}")


def test_a_rule_of_several_fields_names_their_section_and_shows_no_values(tmp_path):
    class Span(Section):
        least: int
        most: int

        @model_validator(mode="after")
        def in_order(self):
            if self.least > self.most:
                raise ValueError(f"least is {self.least}, above most, {self.most}")
            return self

    (tmp_path / "params.yaml").write_text("span: {least: 3, most: 2}\n", encoding="utf-8")
    with pytest.raises(ParamsError) as error:
        load_section("span", Span, tmp_path / "params.yaml")
    assert str(error.value) == f"{tmp_path}/params.yaml: span: least is 3, above most, 2."


@pytest.mark.parametrize(
    ("pen", "line"),
    [
        (
            "{colour: red}",
            "params.yaml: draw.pens.1.width_px is missing. Give it a value; docs/parameters.md says what it means.",
        ),
        ("{colour: red, width_px: 0}", "params.yaml: draw.pens.1.width_px is 0. Input should be greater than 0."),
        (
            "{colour: red, width_px: 1, widht: 2}",
            "params.yaml: draw.pens.1.widht is not a parameter. Did you mean `width_px`?",
        ),
    ],
)
def test_a_fault_in_a_plain_list_names_its_field(tmp_path, pen, line):
    assert refused(tmp_path, f"{SOUND}  pens: [{{colour: blue, width_px: 1}}, {pen}]\n") == line

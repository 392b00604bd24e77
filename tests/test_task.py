"""Names to classes: parsing, and the file that carries them."""

from pathlib import Path

import pytest

from components.outputs import write_json
from components.params import ParamsError, check, read_yaml
from components.retrieve.params import RetrieveParams
from components.task import Task, parse_labels, read_task, task_values


def test_the_first_name_is_the_classs_own():
    bolt, nut = parse_labels(["hex bolt | 六角ボルト | hexagon head screw", "nut"])
    assert (bolt.name, bolt.names[1:]) == ("hex bolt", ("六角ボルト", "hexagon head screw"))
    assert nut.names == ("nut",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["bolt", " | "], "There is an empty line"),
        (["Bolt", "bolt | screw"], "`bolt` stands there twice"),
        (["bolt | ねじ", "screw | Fastener | ねじ"], "`bolt` and `screw` are both called `ねじ`"),
        (["bolt | nut", "Nut"], "`bolt` and `Nut` are both called `Nut`"),
    ],
)
def test_labels_that_cannot_be_told_apart(lines, message):
    with pytest.raises(ValueError, match=message):
        parse_labels(lines)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], r"params.yaml: retrieve.labels is \[\]. List should have at least 2 items"),
        (["bolt"], "at least 2 items"),
        (["bolt | ねじ", "screw | ねじ"], "retrieve.labels is .* `bolt` and `screw` are both called `ねじ`"),
    ],
)
def test_the_settings_refuse_labels_that_are_no_task(labels, message):
    values = read_yaml(Path(__file__).parents[1] / "params.yaml")["retrieve"]
    with pytest.raises(ParamsError, match=message):
        check(RetrieveParams, {**values, "labels": labels}, file=Path("params.yaml"), prefix="retrieve")


def test_a_task_survives_its_file(tmp_path):
    task = Task(parse_labels(["bolt | ボルト", "nut"]), ("{}", "a {}"))
    write_json(task_values(task), tmp_path / "labels.json")
    assert read_task(tmp_path / "labels.json") == task

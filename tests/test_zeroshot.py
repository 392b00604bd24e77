"""Names to classes: parsing, prompts, accuracies."""

from typing import ClassVar

import numpy as np
import pytest

from components.outputs import write_json
from components.zeroshot import Task, accuracy, balanced_accuracy, class_vectors, parse_labels, read_task, task_values


def test_the_first_name_is_the_classs_own():
    bolt, nut = parse_labels(["hex bolt | 六角ボルト | hexagon head screw", "nut"])
    assert (bolt.name, bolt.names[1:]) == ("hex bolt", ("六角ボルト", "hexagon head screw"))
    assert nut.names == ("nut",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["bolt", " | "], "retrieve.labels has an empty line"),
        (["Bolt", "bolt | screw"], "retrieve.labels names `bolt` twice"),
        (["bolt | ねじ", "screw | Fastener | ねじ"], "`bolt` and `screw` are both called `ねじ`"),
        (["bolt | nut", "Nut"], "`bolt` and `Nut` are both called `Nut`"),
    ],
)
def test_labels_that_cannot_be_told_apart(lines, message):
    with pytest.raises(ValueError, match=message):
        parse_labels(lines)


def test_a_task_survives_its_file(tmp_path):
    task = Task(parse_labels(["bolt | ボルト", "nut"]), ("{}", "a {}"))
    write_json(task_values(task), tmp_path / "labels.json")
    assert read_task(tmp_path / "labels.json") == task


class Echo:
    """The smallest thing with a `Clip`'s text side: a vector for each known prompt."""

    vectors: ClassVar[dict[str, list[float]]] = {"bolt": [1, 0], "a bolt": [0, 1], "nut": [-1, 0], "a nut": [-1, 0]}

    def encode_texts(self, texts):
        return np.array([self.vectors[text] for text in texts], dtype=np.float32)


def test_a_class_vector_is_the_unit_mean_over_the_templates():
    vectors = class_vectors(Echo(), Task(parse_labels(["bolt", "nut"]), ("{}", "a {}")))
    np.testing.assert_allclose(vectors, [[np.sqrt(0.5), np.sqrt(0.5)], [-1, 0]], atol=1e-6)


def test_balanced_accuracy_counts_each_class_once():
    label, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])
    assert accuracy(label, predicted) == 0.75
    assert balanced_accuracy(label, predicted) == 0.5

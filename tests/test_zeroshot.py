"""Class vectors from prompts, and accuracies."""

from typing import ClassVar

import numpy as np

from components.task import Task, parse_labels
from components.zeroshot import accuracy, balanced_accuracy, class_vectors


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

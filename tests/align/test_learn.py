"""DRCL learns a common space from modalities that were never paired."""

import numpy as np
import pytest
import torch

from components import common_space
from components.align.learn import choose_prior, learn_projector, orthogonal, split
from components.align.params import AlignParams
from components.evaluate.retrieval import mean_average_precision

PARAMS = AlignParams(
    common_dim=16,
    hidden_dim=32,
    epochs=30,
    batch=64,
    learning_rate=0.003,
    mix=0.9,
    label_weight=1.0,
    structure_weight=0.1,
    target_weight=0.1,
    held_out=0.1,
    seed=0,
    threads=1,
)
CLASSES = 4


def modality(seed: int, noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors of 4 classes around 4 random directions that differ from modality to modality."""
    draw = np.random.default_rng(seed)
    label = draw.integers(0, CLASSES, size=200)
    vectors = draw.normal(size=(CLASSES, 8))[label] + noise * draw.normal(size=(200, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(label)


@pytest.fixture(scope="module")
def learned():
    raw = {"image": modality(1, noise=0.6), "text": modality(2, noise=0.2)}
    data = {
        name: split(*pair, CLASSES, PARAMS.held_out, torch.Generator().manual_seed(number))
        for number, (name, pair) in enumerate(raw.items())
    }
    prior, chosen, quality = choose_prior(data, PARAMS)
    projectors = {
        name: learn_projector(part, prior, number, PARAMS) for number, (name, part) in enumerate(data.items())
    }
    return raw, prior, chosen, quality, projectors


def test_unpaired_modalities_meet_in_the_common_space(learned):
    raw, _, _, _, projectors = learned
    image, text = (common_space.project(projectors[name], raw[name][0].numpy()) for name in ("image", "text"))
    right = raw["image"][1].numpy()[:, None] == raw["text"][1].numpy()[None]
    before = mean_average_precision(raw["image"][0].numpy(), raw["text"][0].numpy(), right)
    assert before < 0.5 < 0.9 < mean_average_precision(image, text, right)


def test_the_prior_comes_from_the_modality_that_classifies_better(learned):
    _, _, chosen, quality, _ = learned
    assert chosen == "text" and quality["text"] > quality["image"]


def test_the_space_survives_its_files(learned, tmp_path):
    raw, prior, _, _, projectors = learned
    common_space.save(projectors, prior, tmp_path)
    again = common_space.load(tmp_path)
    vectors = raw["image"][0].numpy()
    np.testing.assert_array_equal(
        common_space.project(again["image"], vectors), common_space.project(projectors["image"], vectors)
    )


def test_more_classes_than_dimensions():
    with pytest.raises(ValueError, match=r"params.yaml: align.common_dim is 3, but the task has 4 labels. Raise it."):
        orthogonal(3, 4, torch.Generator())


def test_the_first_directions_are_orthonormal():
    columns = orthogonal(8, 4, torch.Generator().manual_seed(0))
    torch.testing.assert_close(columns.T @ columns, torch.eye(4), atol=1e-5, rtol=0)

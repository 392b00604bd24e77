"""What is held out: a share of every label, by the seed, and never all of one."""

import numpy as np
import pandas as pd
import pytest
import torch

from components.train.lessons import known_to_base, split


def seed(number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def labels(**counts: int) -> pd.Series:
    return pd.Series([name for name, count in counts.items() for _ in range(count)])


def cut(names: pd.Series, share: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Split where the base knows no row."""
    return split(names, np.zeros(len(names), dtype=bool), share, generator)


def test_a_row_that_the_base_was_taught_never_judges():
    names = labels(bolt=20, nut=10, gear=10)
    known_N = np.zeros(40, dtype=bool)
    known_N[2:20] = True  # two bolts are new to the base, all nuts and gears but one
    known_N[31:] = True
    _, held_out_N = split(names, known_N, 0.2, seed())
    assert not known_N[held_out_N.numpy()].any()
    assert names[held_out_N.numpy()].value_counts().to_dict() == {"bolt": 2, "nut": 2, "gear": 1}  # of 4, 2, 2 wanted


def test_the_base_knows_the_sources_it_was_taught():
    selection = pd.DataFrame({"source": ["render", "photo", "blueprint"]})
    assert known_to_base(selection, {"sources": ["render", "photo"]}).tolist() == [True, True, False]
    assert not known_to_base(selection, {"weights": "ViT-B-32/laion2b_s34b_b79k"}).any()


def test_every_label_gives_its_share_and_every_row_has_one_place():
    names = labels(bolt=20, nut=10, gear=40)
    taught_N, held_out_N = cut(names, 0.2, seed())
    assert names[held_out_N.numpy()].value_counts().to_dict() == {"bolt": 4, "nut": 2, "gear": 8}
    assert sorted([*taught_N.tolist(), *held_out_N.tolist()]) == list(range(70))


def test_a_small_label_gives_one_and_a_single_image_none():
    names = labels(bolt=3, nut=1)
    _, held_out_N = cut(names, 0.1, seed())
    assert names[held_out_N.numpy()].tolist() == ["bolt"]


def test_one_seed_holds_out_the_same_rows_and_another_other_ones():
    names = labels(bolt=50)
    first, again, other = (cut(names, 0.2, seed(number))[1].tolist() for number in (0, 0, 1))
    assert first == again != other


def test_nothing_held_out_teaches_every_row():
    taught_N, held_out_N = cut(labels(bolt=3), 0.0, seed())
    assert taught_N.tolist() == [0, 1, 2] and len(held_out_N) == 0


def test_a_label_left_with_nothing_to_learn_from():
    with pytest.raises(ValueError, match=r"train.held_out is 0.9, which leaves the label `nut` none of its 2 images"):
        cut(labels(bolt=20, nut=2), 0.9, seed())


def test_nobody_to_spare():
    with pytest.raises(ValueError, match=r"train.held_out is 0.1, but no label has two images of which"):
        cut(labels(bolt=1, nut=1), 0.1, seed())

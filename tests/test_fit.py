"""The training loop: schedule, stopping on nonsense, and that it learns."""

import math

import pytest
import torch
from torch import nn

from components.fit import fit, parameter_groups, warmup_cosine
from components.learning import Optimisation

HOW = Optimisation(steps=40, batch_pairs=4, learning_rate=0.05, warmup_steps=4, weight_decay=0.0)
FAST = HOW.model_copy(update={"learning_rate": 0.3})


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.25),  # a quarter of the climb
        (3, 1.0),  # the top
        (4, 1.0),  # cosine of 0
        (7, 0.5),  # half of 6 steps down
        (10, 0.0),
    ],
)
def test_warmup_then_half_a_cosine(step, expected):
    assert warmup_cosine(step, steps=10, warmup=4, peak=1.0) == pytest.approx(expected)


def test_it_finds_the_bottom_of_a_bowl_and_reports_each_step():
    model = nn.Linear(1, 1, bias=False)
    reports = list(fit(model, iter(range(100)), lambda _: {"bowl": (model.weight - 3).square().sum()}, FAST))
    assert [report.step for report in reports] == list(range(40))
    assert reports[-1].terms["total"] < 0.2 * reports[0].terms["total"]


def test_a_term_that_is_no_number_stops_the_training_by_name():
    model = nn.Linear(1, 1)
    terms = {"sound": model.weight.sum(), "broken": model.weight.sum() * math.nan}
    with pytest.raises(ValueError, match=r"step 0: the term `broken` is nan. Lower optimiser.learning_rate"):
        next(fit(model, iter(range(3)), lambda _: terms, HOW))


def test_gains_and_biases_do_not_decay():
    decayed, spared = parameter_groups(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)), weight_decay=0.1)
    assert [len(group["params"]) for group in (decayed, spared)] == [1, 3]
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)


def test_the_logit_scale_stays_between_1_and_100():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.logit_scale = nn.Parameter(torch.tensor(4.0))

    model = Scale()
    list(
        fit(
            model,
            iter(range(40)),
            lambda _: {"climb": -model.logit_scale},
            HOW.model_copy(update={"learning_rate": 1.0}),
        )
    )
    assert model.logit_scale.exp().item() == pytest.approx(100)

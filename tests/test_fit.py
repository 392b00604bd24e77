"""The training loop: schedule, stopping on nonsense, and that it learns."""

import math

import pytest
import torch
from torch import nn

from components.fit import Fit, parameter_groups, warmup_cosine
from components.learning import Optimisation

HOW = Optimisation(
    steps=40, batch_pairs=4, learning_rate=0.05, warmup_steps=4, weight_decay=0.0, chunk_pairs=0, checkpoint_every=9
)
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


def ids_of(batch):
    return [f"shop/{row}" for row in range(batch, batch + 6)]


def test_it_finds_the_bottom_of_a_bowl_and_reports_each_step():
    model = nn.Linear(1, 1, bias=False)
    terms_of = lambda batch, step: {"bowl": (model.weight - 3).square().sum()}  # noqa: E731
    reports = list(Fit(model, iter(range(100)), terms_of, FAST, ids_of, stage="train"))
    assert [report.step for report in reports] == list(range(40))
    assert reports[-1].terms["total"] < 0.2 * reports[0].terms["total"]


def test_a_term_that_is_no_number_stops_the_training_by_name_and_names_the_records():
    model = nn.Linear(1, 1)
    before = model.weight.item()
    terms = {"sound": model.weight.sum(), "broken": model.weight.sum() * math.nan}
    with pytest.raises(ValueError) as stopped:
        next(iter(Fit(model, iter(range(3)), lambda batch, step: terms, HOW, ids_of, stage="train")))
    assert str(stopped.value) == (
        "step 0: the term `broken` is nan on a batch of 6 records. Lower train.optimiser.learning_rate in params.yaml, "
        "or look at these records: shop/0, shop/1, shop/2, shop/3, shop/4, shop/5"
    )
    assert model.weight.item() == before


def test_a_gradient_that_is_no_number_stops_before_it_reaches_a_weight():
    model = nn.Linear(1, 1, bias=False)
    before = model.weight.item()
    terms_of = lambda batch, step: {"root": (model.weight - model.weight.detach()).square().sum().sqrt()}  # noqa: E731
    with pytest.raises(ValueError, match=r"step 0: the size of the gradient is nan on a batch of 6 records"):
        next(iter(Fit(model, iter(range(3)), terms_of, HOW, ids_of, stage="train")))
    assert model.weight.item() == before


def test_too_little_memory_is_said_with_its_mend():
    def terms_of(batch, step):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB")

    with pytest.raises(
        ValueError, match=r"step 0: the memory does not hold a step of 4 pairs. Lower train.optimiser.batch"
    ):
        next(iter(Fit(nn.Linear(1, 1), iter(range(3)), terms_of, HOW, ids_of, stage="train")))


def test_memory_that_runs_out_outside_the_terms_is_said_too(monkeypatch):
    def batches():
        raise MemoryError
        yield

    terms_of = lambda batch, step: {"bowl": model.weight.sum()}  # noqa: E731
    model = nn.Linear(1, 1)
    with pytest.raises(ValueError, match="step 0: the memory does not hold"):
        next(iter(Fit(model, batches(), terms_of, HOW, ids_of, stage="train")))

    def refuse():
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")

    fit = Fit(model, iter(range(3)), terms_of, HOW, ids_of, stage="train")
    monkeypatch.setattr(fit.optimiser, "step", refuse)  # where Adam first makes its state
    with pytest.raises(ValueError, match="step 0: the memory does not hold"):
        next(iter(fit))


def test_a_fault_of_ours_is_not_taken_for_a_full_memory():
    def terms_of(batch, step):
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        next(iter(Fit(nn.Linear(1, 1), iter(range(3)), terms_of, HOW, ids_of, stage="train")))


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
    how = HOW.model_copy(update={"learning_rate": 1.0})
    list(Fit(model, iter(range(40)), lambda batch, step: {"climb": -model.logit_scale}, how, ids_of, stage="train"))
    assert model.logit_scale.exp().item() == pytest.approx(100)

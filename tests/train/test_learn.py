"""The student learns from pseudo-labels, twice the same from one seed."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from components import clip as clips
from components.learning import Augmentation, Machine, Optimisation, PairTerms
from components.pairs import Composition
from components.params import read_yaml
from components.train.learn import Lessons, Student
from components.train.params import Anchor, Balance, Bank, ClassBalance, Robust, TrainParams
from components.zeroshot import Task, parse_labels

PARAMS = TrainParams(
    optimiser=Optimisation(steps=12, batch_pairs=16, learning_rate=0.002, warmup_steps=2, weight_decay=0.0),
    terms=PairTerms(contrastive=0.5, uniformity=0.1, alignment=0.1, cross_uniformity=0.1, centroid_uniformity=0.0),
    soft_target=1.0,
    teacher_share=0.2,
    bank=Bank(size=0, momentum=0.9, warmup_steps=0, most_batch_pairs=64, same_label=False, similar_captions=1.0),
    robust=Robust(rince=0.0, q=0.5, density=0.01, temperature=0.07, clean_from_epoch=0, least_weight=0.1),
    balance=Balance(weight=0.0, steps=5, rho=0.0, ramp_steps=0),
    class_balance=ClassBalance(beta=0.0, most_weight=3.0, logit_adjustment=0.0),
    anchor=Anchor(logits=0.0, features=0.0, weights=0.0),
    average_decay=0.5,
    augmentation=Augmentation(least_scale=0.9, rotation_degrees=5, flip=False, colour=0.1, grey=0, negative=0, edges=0),
    machine=Machine(seed=1, threads=1, device="cpu"),
)
TASK = Task(parse_labels(["red", "blue"]), ("{}", "a {} tile"))


def tiles() -> Lessons:
    """Thirty-two tiles, red or blue, with noise."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 60, size=(32, 3, 64, 64), dtype=np.uint8)
    pixels[:16, 0] += 190
    pixels[16:, 2] += 190
    names = ["red"] * 16 + ["blue"] * 16
    table = pd.DataFrame({"label": names, "caption": [f"a {name} tile" for name in names], "language": "en"})
    everyone = torch.arange(32)
    return Lessons(pixels, table, TASK, Composition(0.3, "random", everyone, (everyone >= 16).long()))


def trained(params: TrainParams = PARAMS):
    torch.manual_seed(0)
    student = Student(clips.scratch(embed_dim=32, image_px=64, seed=1), tiles(), params)
    return student, list(student.fit())


def test_the_terms_are_reported_and_fall():
    _, reports = trained()
    assert set(reports[0].terms) == {
        "total",
        "contrastive",
        "uniformity",
        "alignment",
        "cross_uniformity",
        "soft_target",
    }
    assert np.mean([r.terms["soft_target"] for r in reports[-4:]]) < 0.7 * reports[0].terms["soft_target"]


def test_one_seed_gives_one_student():
    (first, first_reports), (second, second_reports) = trained(), trained()
    assert first_reports == second_reports
    states = [student.average.averaged().model.state_dict().values() for student in (first, second)]
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))


def test_the_average_is_kept_and_the_teacher_stands_still():
    student, _ = trained()
    kept, last = student.average.averaged().towers, student.clip.towers
    assert not torch.equal(kept.token_embedding.weight, last.token_embedding.weight)
    untouched = clips.scratch(embed_dim=32, image_px=64, seed=1).towers
    assert torch.equal(student.teacher.towers.token_embedding.weight, untouched.token_embedding.weight)


def test_without_the_soft_target_there_is_no_such_term():
    _, reports = trained(PARAMS.model_copy(update={"soft_target": 0.0}))
    assert "soft_target" not in reports[0].terms


PRESETS = sorted((Path(__file__).parents[2] / "examples" / "presets").glob("*.yaml"))
TINY = {"bank": {"warmup_steps": 1}, "optimiser": {"steps": 3, "batch_pairs": 6, "warmup_steps": 0}}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda file: file.stem)
def test_every_preset_takes_finite_steps(preset, small, lessons, train_params):
    values = read_yaml(preset)
    student = Student(small, lessons(values["compose"]["rate"]), train_params(values["train"], TINY))
    reports = list(student.fit())
    assert len(reports) == 3 and all(math.isfinite(report.terms["total"]) for report in reports)
    assert all(torch.isfinite(weight).all() for weight in small.model.parameters())


def test_compositions_need_a_term_over_pairs(small, lessons, train_params):
    with pytest.raises(ValueError, match=r"compose.rate is above 0, but every term .* Set compose.rate to 0, or raise"):
        Student(small, lessons(0.2), train_params({"soft_target": 1.0}))

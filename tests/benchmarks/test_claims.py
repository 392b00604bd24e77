"""The claims' arms fit the settings, faults are planted at their rates, and differences are paired."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.claims.cost import ARMS, median_interval, rotated
from benchmarks.claims.grids import BENCHMARKS, PLAIN_CLIP
from benchmarks.claims.rows import mislabelled, mispaired, of_true_classes
from benchmarks.claims.tables import difference_with_interval, table, table_of_differences, table_of_domains
from benchmarks.claims.trial import Trial, sections
from benchmarks.retrieval.results import Results
from components.task import Task, parse_labels

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", list(BENCHMARKS))
def test_every_arm_is_a_setting_that_can_be_used(number):
    benchmark = BENCHMARKS[number]
    trials = list(benchmark.trials(benchmark.jobs, [1]))
    assert len({(trial.job, trial.arm) for trial in trials}) == len(trials)
    for trial in trials:
        assert [section.seed for section in sections(ROOT, trial)[1:]] == [1, 1]
        assert sections(ROOT, trial)[0].machine.seed == 1


@pytest.mark.parametrize("number", list(BENCHMARKS))
def test_every_arm_is_compared_with_one_that_is_there(number):
    benchmark = BENCHMARKS[number]
    arms = {each.arm for each in benchmark.arms} | {"base"}
    assert set(benchmark.more) < arms
    for each in benchmark.arms:
        assert (benchmark.reference if isinstance(benchmark.reference, str) else benchmark.reference(each.arm)) in arms


@pytest.mark.parametrize("name", list(ARMS))
def test_every_arm_of_the_cost_is_a_setting_that_can_be_used(name):
    train, compose, _ = sections(ROOT, Trial("ldraw", 1, "cost", (*PLAIN_CLIP, *ARMS[name])))
    plain, alone, _ = sections(ROOT, Trial("ldraw", 1, "cost", PLAIN_CLIP))
    assert ((train, compose) == (plain, alone)) == (name == "plain CLIP")


def test_the_median_lies_in_its_interval_as_often_as_is_said():
    draws = np.random.default_rng(0).exponential(size=(4000, 40))
    inside = [low <= np.log(2) <= high for low, high in map(median_interval, draws.tolist())]
    assert 0.95 <= np.mean(inside) < 0.97
    assert median_interval([3.0, 1.0, 2.0]) == (1.0, 3.0)
    assert [rotated(["a", "b", "c"], turn)[0] for turn in range(4)] == ["a", "b", "c", "a"]


def test_an_arm_learns_from_what_its_name_says():
    arms = {trial.arm: trial for trial in BENCHMARKS["1"].trials(["ldraw"], [2])}
    assert sections(ROOT, arms["rate 0.3"])[1].rate == 0.3
    assert sections(ROOT, arms["fixed partners"])[1].kind == "fixed_partners"
    assert sections(ROOT, arms["rate 0"])[0].terms.uniformity == 0
    mudg = next(trial for trial in BENCHMARKS["6"].trials(["default"], [3]) if trial.arm == "mudg")
    assert sections(ROOT, mudg)[0].average_decay == 0.995


def test_labels_are_wrong_at_the_planted_rate_and_never_by_chance_right():
    names = ["a", "b", "c"]
    label_N = np.array(names * 100, dtype=object)
    changed = mislabelled(label_N, names, 0.8, np.random.default_rng(0))
    assert (changed == label_N).sum() == 240  # 0.8 of 300


def test_mispaired_captions_are_those_of_others():
    caption_N = np.array([f"caption {row}" for row in range(50)], dtype=object)
    changed = mispaired(caption_N, 0.4, np.random.default_rng(0))
    assert (changed != caption_N).sum() == 20  # 0.4 of 50
    assert sorted(changed) == sorted(caption_N)


def test_true_classes_are_the_tasks_and_no_more_than_asked():
    accepted = pd.DataFrame({"id": list("stuvwx")})
    truth = pd.DataFrame({"id": list("stuvw"), "label": ["Nut", "nut", "NUT", "bolt", "cat"]})
    task = Task(parse_labels(["nut", "bolt"]), ("{}",))
    rows = of_true_classes(accepted, truth, task, 2, np.random.default_rng(0))
    assert rows["label"].value_counts().to_dict() == {"nut": 2, "bolt": 1}
    assert list(rows["row"]) == sorted(rows["row"])


def test_a_paired_difference_has_students_interval():
    # mean 2, standard deviation 1, n = 3: 4.303 * 1 / sqrt(3) = 2.48
    assert difference_with_interval([1.0, 2.0, 3.0]) == "+2.0 ± 2.5"
    assert difference_with_interval([-1.5]) == "-1.5"


def test_only_trials_of_one_base_are_compared(tmp_path):
    results, benchmark = Results(tmp_path / "record.jsonl"), BENCHMARKS["1"]
    trials = [Trial("ldraw", seed, arm, (arm,)) for seed in (1, 2) for arm in ("rate 0", "rate 0.3")]
    for trial, base, accuracy in zip(trials, ("old", "old", "old", "new"), (20, 22, 20, 29), strict=True):
        results.add({"arm": trial.arm, **trial.key, "base": base, "mean_balanced_accuracy": accuracy})
    assert table(benchmark, trials, results).splitlines()[2:] == [
        "| rate 0 | 20.0, 1 of 2 seeds |",
        "| rate 0.3 | 25.5 (+2.0) |",
    ]


def test_every_figure_is_compared_with_the_arm_that_is_asked_for(tmp_path):
    results, benchmark = Results(tmp_path / "record.jsonl"), BENCHMARKS["2"]
    trials = [Trial("emoji", seed, arm, (arm,)) for seed in (1, 2) for arm in ("clip", "cua", "cuaxu")]
    for trial, number in zip(trials[:5], (20, 21, 22, 24, 27), strict=True):
        figures = {name: number / (1 if name.endswith("accuracy") else 100) for name in benchmark.figures}
        results.add({**trial.key, "base": "b", **figures})
    shown = table_of_differences(benchmark, trials, results, "clip").splitlines()[2:]
    # cua: +1 and +3, standard deviation 1.41, n = 2: 12.71 * 1.41 / sqrt(2) = 12.7; of cuaxu one seed is there
    assert shown[0].startswith("| emoji | cua | +2.0 ± 12.7 | +0.020 ± 0.127 |")
    assert shown[1].startswith("| emoji | cuaxu | +2.0 | +0.020 |")


def test_a_domain_shows_what_each_seed_gains(tmp_path):
    results = Results(tmp_path / "record.jsonl")
    trials = [Trial("ldraw", seed, arm, (arm,)) for arm in ("base", "clip") for seed in (1, 2)]
    for trial, line, sheet in zip(trials, (20, 22, 25, 21), (10, 10, 10, 13), strict=True):
        domains = {"line": {"balanced_accuracy": line}, "sheet": {"balanced_accuracy": sheet}}
        results.add({**trial.key, "base": "b", "domains": domains})
    assert table_of_domains(trials, results).splitlines()[2:] == [
        "| ldraw | line | clip | 21.0 | 23.0 | +5.0 / -1.0 |",
        "| ldraw | sheet | clip | 10.0 | 11.5 | +0.0 / +3.0 |",
    ]


def test_every_figure_has_its_column(tmp_path):
    results, benchmark = Results(tmp_path / "record.jsonl"), BENCHMARKS["2"]
    trials = [Trial("emoji", seed, arm, (arm,)) for seed in (1, 2) for arm in ("clip", "cua")]
    for trial, accuracy in zip(trials, (20, 21, 22, 27), strict=True):
        results.add({**trial.key, "base": "b", "mean_balanced_accuracy": accuracy, "centroid_distance": accuracy / 40})
    shown = table(benchmark, trials, results)
    assert "| clip | 21.0 |\n| cua | 24.0 (+3.0 ± 25.4) |" in shown  # differences 1 and 5: 12.706 * 2.828 / sqrt(2)
    assert "| emoji | mean balanced accuracy | centroid distance |" in shown
    assert "| cua | 24.0 | 0.60 | – |" in shown

"""One model's figures on a world of two classes and two domains."""

import numpy as np
import pytest

from components.evaluate.__main__ import gains, in_task, truth_of
from components.evaluate.measure import Truth, Vectors, by_domain, gap, mean_figures, predict, retrieval
from components.evaluate.params import EvaluateParams
from components.task import Task, parse_labels

BOLT, NUT = [1.0, 0.0], [0.0, 1.0]
TRUTH = Truth(np.array([0, 0, 1, 1]), np.array(["line", "line", "line", "photo"]), np.array(["a", "b", "c", "d"]))
PERFECT = Vectors(np.array([BOLT, BOLT, NUT, NUT]), np.array([BOLT, BOLT, NUT, NUT]), np.array([BOLT, NUT]))


def test_a_perfect_model():
    predicted, score = predict(PERFECT)
    assert predicted.tolist() == [0, 0, 1, 1] and score.tolist() == [1.0] * 4
    figures = retrieval(PERFECT, TRUTH)
    assert figures["image_to_text_map"] == figures["text_to_image_map"] == 1.0
    assert figures["image_to_text_recall_at_1"] == 0.0  # a and b look the same: neither is told from the other
    assert figures["image_to_text_recall_at_5"] == 1.0


def test_domains_count_once_and_classes_count_once():
    domains = by_domain(np.array([0, 0, 0, 1]), TRUTH)
    assert domains["line"] == {"accuracy": pytest.approx(2 / 3), "balanced_accuracy": 0.5}
    assert mean_figures(domains) == {"mean_accuracy": pytest.approx(5 / 6), "mean_balanced_accuracy": 0.75}


def test_gap_of_overlapping_modalities():
    figures = gap(PERFECT, seed=0)
    assert figures["centroid_distance"] == pytest.approx(0) and figures["alignment"] == pytest.approx(0)


def test_gains_are_paired_and_reported_for_each_domain():
    answers = {"base": (np.array([1, 0, 1, 0]), None), "student": (np.array([0, 0, 1, 0]), None)}
    domains = {name: by_domain(answer[0], TRUTH) for name, answer in answers.items()}
    result = gains(answers, domains, TRUTH, EvaluateParams(bootstrap_resamples=50, seed=0, threads=1, device="cpu"))
    assert result["domains"]["line"]["gain_points"] == pytest.approx(100 / 3)
    assert result["domains"]["photo"]["gain_points"] == 0.0
    assert result["gain"]["accuracy_points"] == pytest.approx(100 / 6)


def test_labels_match_without_regard_to_case():
    import pandas as pd

    task = Task(parse_labels(["Hex Bolt", "nut"]), ("{}",))
    table = pd.DataFrame({"label": ["hex bolt", "NUT", "gear"], "domain": ["x"] * 3, "caption": [""] * 3})
    assert in_task(table, task).tolist() == [True, True, False]
    assert truth_of(table[:2], task).label_N.tolist() == [0, 1]

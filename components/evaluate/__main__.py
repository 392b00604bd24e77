"""Stage `evaluate`: the student beside its base, on domains that neither has seen.

Reads   <evaluation>/*.tar, <records>   evaluation.parquet: images, captions, labels, domains
        <base>/, <student>/             the two models
        <vectors>/evaluation_*.npy      the base's vectors
        <align>/*.safetensors           DRCL's projectors
        <retrieve>                      labels.json and selection.parquet
        <truth>                         true labels of corpus images, to judge the pseudo-labels by
Writes  <out>/predictions.parquet       id, domain, label, base_label, student_label, base_score, student_score
        <metrics>                       accuracy, retrieval and gap of both, the gain with its interval, pseudo-labels
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from components import clip as clips
from components import common_space
from components.clip import Clip
from components.corpus import read_images, read_manifest
from components.evaluate.interval import bootstrap_interval_points, mean_gain_points
from components.evaluate.measure import Truth, Vectors, by_domain, gap, mean_figures, predict, retrieval
from components.evaluate.params import EvaluateParams
from components.evaluate.pseudo_labels import pseudo_label_figures
from components.evaluate.retrieval import mean_average_precision
from components.outputs import DECIMALS, whole_folder, write_json, write_table
from components.params import load_section
from components.progress import progress
from components.stage import run
from components.task import Task, read_task
from components.zeroshot import class_vectors


def main(
    evaluation: Path,
    records: Path,
    base: Path,
    student: Path,
    vectors: Path,
    align: Path,
    retrieve: Path,
    truth: Path,
    out: Path,
    metrics: Path,
) -> None:
    params = load_section("evaluate", EvaluateParams)
    torch.set_num_threads(params.threads)
    asked = read_task(retrieve / "labels.json")
    table = read_manifest(records, learning=False)
    kept = in_task(table, asked)
    outside, table = int((~kept).sum()), table[kept].reset_index(drop=True)
    if table.empty:
        raise ValueError(
            f"params.yaml: none of the {outside} evaluation images has a label of retrieve.labels. Compare the labels "
            "of collect.evaluation with retrieve.labels: they are matched without regard to upper and lower case."
        )
    known = truth_of(table, asked)
    stored = {side: np.load(vectors / f"evaluation_{side}.npy")[kept.to_numpy()] for side in ("image", "text")}
    seen = {
        "base": Vectors(stored["image"], stored["text"], class_vectors(clips.load(base), asked)),
        "student": look(clips.load(student, params.device), evaluation, table, asked),
    }
    answers = {name: predict(each) for name, each in seen.items()}
    domains = {name: by_domain(answer[0], known) for name, answer in answers.items()}
    figures = {
        name: {**mean_figures(domains[name]), **retrieval(each, known), **gap(each, params.seed)}
        for name, each in seen.items()
    }
    selection = pd.read_parquet(retrieve / "selection.parquet", columns=["id", "label"])
    result = {
        "labels": len(asked.labels),
        "images": len(table),
        "images_outside_the_task": outside,
        **figures,
        "align": common_space_figures(align, stored, known),
        **gains(answers, domains, known, params),
        "pseudo_labels": pseudo_label_figures(selection, pd.read_parquet(truth), asked.names),
    }
    with whole_folder(out) as folder:
        write_table(predictions(table, asked, known, answers), folder / "predictions.parquet")
    write_json(result, metrics)


def in_task(table: pd.DataFrame, task: Task) -> pd.Series:
    """Mask of the images whose label is one of the task's."""
    return table["label"].str.casefold().isin({name.casefold() for name in task.names})


def truth_of(table: pd.DataFrame, task: Task) -> Truth:
    """Labels as numbers of the task's classes, domains and captions."""
    numbers = {name.casefold(): number for number, name in enumerate(task.names)}
    label_N = np.array([numbers[label.casefold()] for label in table["label"]])
    return Truth(label_N, table["domain"].to_numpy(dtype=object), table["caption"].to_numpy(dtype=object))


def look(clip: Clip, evaluation: Path, table: pd.DataFrame, task: Task) -> Vectors:
    """A model's vectors of the evaluation images, their captions and the classes."""
    images = progress(read_images(evaluation, table), what="embed with student", total=len(table), unit="images")
    return Vectors(clip.encode_images(images), clip.encode_texts(list(table["caption"])), class_vectors(clip, task))


def common_space_figures(align: Path, stored: dict[str, np.ndarray], truth: Truth) -> dict[str, float]:
    """MAP by class in DRCL's common space, both ways."""
    projectors = common_space.load(align)
    image_NL, text_NL = (common_space.project(projectors[side], stored[side]) for side in ("image", "text"))
    class_NN = truth.label_N[:, None] == truth.label_N[None]
    return {
        "image_to_text_map": mean_average_precision(image_NL, text_NL, class_NN),
        "text_to_image_map": mean_average_precision(text_NL, image_NL, class_NN),
    }


def gains(
    answers: dict[str, tuple[np.ndarray, np.ndarray]],
    domains: dict[str, dict[str, dict[str, float]]],
    truth: Truth,
    params: EvaluateParams,
) -> dict[str, dict]:
    """The student's gain over the base in percentage points, with 95 % intervals, overall and for each domain."""
    rng = np.random.default_rng(params.seed)
    right = {name: answer[0] == truth.label_N for name, answer in answers.items()}
    difference_N = right["student"].astype(int) - right["base"].astype(int)
    parts = [difference_N[truth.domain_N == domain] for domain in truth.domains]
    low, high = bootstrap_interval_points(parts, resamples=params.bootstrap_resamples, rng=rng)
    rows = {}
    for domain, part in zip(truth.domains, parts, strict=True):
        domain_low, domain_high = bootstrap_interval_points([part], resamples=params.bootstrap_resamples, rng=rng)
        rows[domain] = {
            "images": len(part),
            **{f"{model}_{key}": value for model in domains for key, value in domains[model][domain].items()},
            "gain_points": mean_gain_points([part]),
            "gain_points_low": domain_low,
            "gain_points_high": domain_high,
        }
    overall = {"accuracy_points": mean_gain_points(parts), "accuracy_points_low": low, "accuracy_points_high": high}
    return {"gain": overall, "domains": rows}


def predictions(
    table: pd.DataFrame, task: Task, truth: Truth, answers: dict[str, tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    """One row an image: what it is, and what either model takes it for."""
    names = np.array(task.names, dtype=object)
    columns = {"id": table["id"], "domain": table["domain"], "label": names[truth.label_N]}
    columns |= {f"{model}_label": names[answer[0]] for model, answer in answers.items()}
    columns |= {f"{model}_score": answer[1].round(DECIMALS) for model, answer in answers.items()}
    return pd.DataFrame(columns)


if __name__ == "__main__":
    run(main)

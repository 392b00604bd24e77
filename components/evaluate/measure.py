"""One model's figures on the evaluation images: classes, retrieval, gap.

Shape legend: N = evaluation images and their captions, C = classes, D = width. All rows have unit length.
"""

from dataclasses import dataclass

import numpy as np
import torch

from components import geometry
from components.evaluate.retrieval import mean_average_precision, recall_at
from components.zeroshot import accuracy, balanced_accuracy

KS = (1, 5, 10)


@dataclass(frozen=True)
class Vectors:
    """One model's view of the evaluation set."""

    image_ND: np.ndarray
    text_ND: np.ndarray
    class_CD: np.ndarray


@dataclass(frozen=True)
class Truth:
    """What the evaluation set knows of itself."""

    label_N: np.ndarray
    """Number of the class."""
    domain_N: np.ndarray
    caption_N: np.ndarray

    @property
    def domains(self) -> list[str]:
        """Names of the domains, in order of first appearance."""
        return list(dict.fromkeys(self.domain_N))


def predict(vectors: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """Predicted class and its cosine for each image, both [N]."""
    cosine_NC = vectors.image_ND @ vectors.class_CD.T
    return cosine_NC.argmax(axis=1), cosine_NC.max(axis=1)


def by_domain(predicted_N: np.ndarray, truth: Truth) -> dict[str, dict[str, float]]:
    """Accuracy and class-balanced accuracy on each domain."""
    figures = {}
    for domain in truth.domains:
        here = truth.domain_N == domain
        right, guessed = truth.label_N[here], predicted_N[here]
        figures[domain] = {
            "accuracy": accuracy(right, guessed),
            "balanced_accuracy": balanced_accuracy(right, guessed),
        }
    return figures


def mean_figures(domains: dict[str, dict[str, float]]) -> dict[str, float]:
    """Means over the domains, each counted once whatever its size."""
    return {
        f"mean_{name}": float(np.mean([figures[name] for figures in domains.values()]))
        for name in ("accuracy", "balanced_accuracy")
    }


def retrieval(vectors: Vectors, truth: Truth) -> dict[str, float]:
    """Recall@k of the own caption (or one that reads the same) and MAP by class, both ways."""
    own_NN = truth.caption_N[:, None] == truth.caption_N[None]
    class_NN = truth.label_N[:, None] == truth.label_N[None]
    figures = {}
    for name, query_ND, item_ND in [
        ("image_to_text", vectors.image_ND, vectors.text_ND),
        ("text_to_image", vectors.text_ND, vectors.image_ND),
    ]:
        for k, share in recall_at(query_ND, item_ND, own_NN, KS).items():
            figures[f"{name}_recall_at_{k}"] = share
        figures[f"{name}_map"] = mean_average_precision(query_ND, item_ND, class_NN)
    return figures


def gap(vectors: Vectors, seed: int) -> dict[str, float]:
    """The geometry of the two modalities: centroid distance, separability, uniformity, alignment."""
    image_ND, text_ND = torch.from_numpy(vectors.image_ND), torch.from_numpy(vectors.text_ND)
    return {
        "centroid_distance": geometry.centroid_distance(image_ND, text_ND).item(),
        "linear_separability": geometry.linear_separability(vectors.image_ND, vectors.text_ND, seed),
        "uniformity": (geometry.uniformity(image_ND).item() + geometry.uniformity(text_ND).item()) / 2,
        "cross_uniformity": geometry.cross_uniformity(image_ND, text_ND).item(),
        "alignment": geometry.alignment(image_ND, text_ND).item(),
    }

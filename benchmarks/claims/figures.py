"""What a model is worth on a place's unseen domains: zero-shot, retrieval, clustering, and the geometry of its gap.

Shape legend: N = evaluation images, H, W = pixels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, v_measure_score

from components.clip import Clip
from components.corpus import read_images, read_manifest
from components.evaluate.measure import Truth, Vectors, by_domain, gap, mean_figures, predict, retrieval
from components.pixels import pixel_table
from components.task import Task
from components.zeroshot import class_vectors

IMAGES_AT_ONCE = 256


@dataclass(frozen=True)
class Unseen:
    """The evaluation images of the task, decoded once, and what is true of them."""

    task: Task
    pixels: np.ndarray
    truth: Truth
    captions: list[str]

    @classmethod
    def of(cls, place: Path, task: Task, clip: Clip) -> "Unseen":
        """Those of a prepared place."""
        table = read_manifest(place / "data/validate/evaluation.parquet", learning=False)
        numbers = {name.casefold(): number for number, name in enumerate(task.names)}
        table = table[table["label"].str.casefold().isin(numbers)].reset_index(drop=True)
        label_N = table["label"].str.casefold().map(numbers).to_numpy()
        pixels = pixel_table(read_images(place / "data/collect/evaluation", table), len(table), clip)
        domain_N, caption_N = (table[name].to_numpy(dtype=object) for name in ("domain", "caption"))
        return cls(task, pixels, Truth(label_N, domain_N, caption_N), list(table["caption"]))


def figures_of(clip: Clip, unseen: Unseen) -> dict[str, object]:
    """Accuracies in percent, by domain and their means; retrieval, clustering and the gap as they are."""
    clip.model.eval()
    blocks = np.array_split(unseen.pixels, -(-len(unseen.pixels) // IMAGES_AT_ONCE))
    image_ND = np.concatenate([clip.encode_pixels(torch.from_numpy(block)).numpy() for block in blocks])
    seen = Vectors(image_ND, clip.encode_texts(unseen.captions), class_vectors(clip, unseen.task))
    domains = by_domain(predict(seen)[0], unseen.truth)
    percent = {domain: {name: 100 * value for name, value in row.items()} for domain, row in domains.items()}
    return {
        "domains": percent,
        **{name: 100 * value for name, value in mean_figures(domains).items()},
        **retrieval(seen, unseen.truth),
        **gap(seen, seed=0),
        **clustering(seen.image_ND, unseen.truth.label_N),
    }


def clustering(image_ND: np.ndarray, label_N: np.ndarray) -> dict[str, float]:
    """How well k-means with as many clusters as there are classes finds the classes again: V-measure, ARI."""
    found = KMeans(len(np.unique(label_N)), n_init=1, random_state=0).fit_predict(image_ND)
    return {
        "v_measure": float(v_measure_score(label_N, found)),
        "adjusted_rand_index": float(adjusted_rand_score(label_N, found)),
    }

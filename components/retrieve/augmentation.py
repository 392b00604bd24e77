"""Adaptive text augmentation: of a pool of descriptors, those that tell the task's classes apart best.

Shape legend: A = descriptors of the pool, C = classes, D = width of the joint embedding, K = clusters, T = templates.
Every *_CD and *_ACD array has rows of unit length.

Liao et al. 2024, MUDG, https://arxiv.org/abs/2402.04416. No image is looked at: only how close the class prompts lie.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from sklearn.cluster import kmeans_plusplus

from components.clip import batched
from components.task import Label, fill
from components.words import script
from components.zeroshot import unit

Choice = Literal["none", "random", "adaptive"]
Encode = Callable[[list[str]], np.ndarray]
"""Texts in, unit vectors [N, D] out."""

MOST_ITERATIONS = 100
"""Of k-means, where the assignments do not come to rest sooner, as in the paper."""
CLASSES_PER_CLUSTER = 2
"""A cluster of one class has nothing to spread; a small task gets fewer clusters instead of clusters of one."""
TEXTS_PER_CALL = 2048
"""Prompts handed to the model at once: enough for its threads, few enough for memory."""


def chosen_descriptors(
    choice: Choice,
    encode: Encode,
    labels: Sequence[Label],
    templates: Sequence[str],
    pool: Mapping[str, Sequence[str]],
    *,
    clusters: int,
    keep: int,
    seed: int,
) -> dict[str, list[str]]:
    """What follows a prompt, for names in each script that the labels use: `keep` strings of the script's pool.

    Each script chooses by the first name that each label has in it. The empty string is the prompt as it stands: it is
    the only one with `none`, and where fewer than two labels have a name in a script, so that there is nothing to
    tell apart.

    Args:
        choice: `none`; `random`, the seed's own order; or `adaptive`, by `select_descriptors`, the best first.
        pool: script to descriptors, as `descriptors.read_pool` gives it.

    Raises:
        ValueError: the pool of a script has fewer than `keep` descriptors.
    """
    chosen = {}
    for language, names in names_by_script(labels).items():
        if choice == "none" or len(names) < CLASSES_PER_CLUSTER:
            chosen[language] = [""]
            continue
        own = list(pool[language])
        if keep > len(own):
            raise ValueError(
                f"params.yaml: retrieve.augmentation.keep is {keep}, but there are {len(own)} descriptors in "
                f"`{language}`. Lower it, or add lines to retrieve.augmentation.descriptors_file."
            )
        if choice == "random":
            numbers = np.random.default_rng(seed).permutation(len(own))[:keep]
        else:
            plain_CD = next(prompt_vectors(encode, names, templates, [""]))
            augmented_ACD = prompt_vectors(encode, names, templates, own)
            numbers = select_descriptors(plain_CD, augmented_ACD, clusters=clusters, keep=keep, seed=seed)
        chosen[language] = [own[number] for number in numbers]
    return chosen


def augmented_prompts(label: Label, templates: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> list[str]:
    """A label's prompts: every name in every template, followed by each descriptor that its script has in `chosen`."""
    return [
        fill(template, name) + descriptor
        for template in templates
        for name in label.names
        for descriptor in chosen[script(name)]
    ]


def names_by_script(labels: Sequence[Label]) -> dict[str, list[str]]:
    """Script to the first name that each label has in it, in the order of labels; labels without one are left out."""
    firsts = [{script(name): name for name in reversed(label.names)} for label in labels]
    scripts = sorted({language for names in firsts for language in names})
    return {language: [names[language] for names in firsts if language in names] for language in scripts}


def prompt_vectors(
    encode: Encode, names: Sequence[str], templates: Sequence[str], descriptors: Iterable[str]
) -> Iterator[np.ndarray]:
    """For each descriptor one unit vector a class, [C, D]: the mean over the templates, made unit again."""
    plain = [fill(template, name) for template in templates for name in names]
    for block in batched(descriptors, max(1, TEXTS_PER_CALL // len(plain))):
        vectors = encode([prompt + descriptor for descriptor in block for prompt in plain])
        yield from unit(vectors.reshape(len(block), len(templates), len(names), -1).mean(axis=1))


def select_descriptors(
    plain_CD: np.ndarray, augmented_ACD: Iterable[np.ndarray], *, clusters: int, keep: int, seed: int
) -> np.ndarray:
    """Numbers of the `keep` descriptors that pull together the classes of the fewest clusters, the best first.

    Similar classes are those of one cluster S of the plain prompts. With r(S) the mean cosine in S, a descriptor's
    loss is the number of clusters where r with the descriptor is not below r without it. Its range is small, and
    the paper leaves ties open: here the smaller sum of the differences in r wins, then the order of the pool.

    Args:
        augmented_ACD: an array, or blocks [C, D] one by one.
        clusters: of the classes, at most one to two classes; clusters of one class are skipped.
    """
    cluster_C = spherical_clusters(plain_CD, min(clusters, len(plain_CD) // CLASSES_PER_CLUSTER), seed)
    plain_S = closeness(plain_CD, cluster_C)
    difference_AS = np.stack([closeness(block_CD, cluster_C) - plain_S for block_CD in augmented_ACD])
    loss_A = (difference_AS >= 0).sum(axis=1)
    return np.lexsort([difference_AS.sum(axis=1), loss_A])[:keep]


def closeness(vector_CD: np.ndarray, cluster_C: np.ndarray) -> np.ndarray:
    """Mean cosine over all pairs of each cluster of two or more, -1 to 1, in the order of clusters.

    A vector's pair with itself counts, so that this is the squared length of the cluster's mean vector.
    """
    numbers, size_S = np.unique(cluster_C, return_counts=True)
    member_SC = (cluster_C == numbers[:, None])[size_S >= CLASSES_PER_CLUSTER].astype(np.float64)
    mean_SD = member_SC @ vector_CD.astype(np.float64) / member_SC.sum(axis=1, keepdims=True)
    return (mean_SD**2).sum(axis=1)


def spherical_clusters(vector_CD: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    """Each vector's cluster, [C]: k-means by cosine from k-means++ seeds; an empty cluster keeps its centre."""
    vector_CD = vector_CD.astype(np.float64)
    center_KD, _ = kmeans_plusplus(vector_CD, max(clusters, 1), random_state=seed)
    cluster_C = np.full(len(vector_CD), -1)
    for _ in range(MOST_ITERATIONS):
        nearest_C = (vector_CD @ center_KD.T).argmax(axis=1)
        if np.array_equal(nearest_C, cluster_C):
            break
        cluster_C = nearest_C
        member_KC = cluster_C == np.arange(len(center_KD))[:, None]
        center_KD = np.where(member_KC.any(axis=1, keepdims=True), unit(member_KC @ vector_CD), center_KD)
    return cluster_C

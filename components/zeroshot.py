"""A classifier from names alone: class vectors, predictions.

Shape legend: N = images, C = classes of the task, D = width of the joint embedding.
Every *_ND and *_CD array has rows of unit length.
"""

import numpy as np

from components.clip import Clip
from components.task import Task


def class_vectors(clip: Clip, task: Task) -> np.ndarray:
    """One unit vector a class, [C, D]: the mean over the templates of the prompt's vector, made unit again."""
    prompts = [prompt for template in task.templates for prompt in task.prompts(template)]
    vectors_TCD = clip.encode_texts(prompts).reshape(len(task.templates), len(task.labels), -1)
    return unit(vectors_TCD.mean(axis=0))


def unit(vectors: np.ndarray) -> np.ndarray:
    """The same rows at length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(min=1e-12)


def accuracy(label_N: np.ndarray, predicted_N: np.ndarray) -> float:
    """Share of images whose predicted class is theirs, 0 to 1."""
    return float((label_N == predicted_N).mean())


def balanced_accuracy(label_N: np.ndarray, predicted_N: np.ndarray) -> float:
    """Mean over the classes present of the share of their images that are predicted right, 0 to 1."""
    return float(np.mean([(predicted_N[label_N == each] == each).mean() for each in np.unique(label_N)]))

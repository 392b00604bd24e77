"""Made-up pairs of vectors, any number of them: clustered, with a stated gap and a stated cosine of a pair.

Shape legend: N = pairs of a block, C = clusters, D = width.

An image is a e_image + b y and its text a e_text + b z, with a^2 + b^2 = 1. The two axes e differ in the first two
coordinates, so that 2 a sin(theta) is the gap, and <e_image, e_text> = 1 - gap^2 / (2 a^2). y and z are the content,
unit vectors in the other coordinates with <y, z> = r for every pair, so that a pair's cosine is

    a^2 - gap^2 / 2 + (1 - a^2) r

from which r follows. y lies around one of C centres whose mean is zero; z is y blurred at right angles. The blur's
amplitude falls with the coordinate as real embeddings' does, else all neighbours in 512 dimensions are equally far.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.outputs import whole_file

BLOCK = 4096
AXES = 2
"""Coordinates that hold the modality; the others hold the content."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What the vectors shall be like."""

    width: int
    """Coordinates, at least 8."""
    gap: float
    """Distance of the two centroids; a published CLIP has near 0.8."""
    pair_cosine: float
    """Cosine of an image and its text; a published CLIP has near 0.3."""
    cone: float
    """a^2, the mean cosine of two images of different clusters, between 0 and 1."""
    clusters: int
    """Number of centres, at least 2."""
    spread: float
    """Length of the blur around a centre, compared with the centre's."""
    decay: float
    """The blur's amplitude in coordinate d is d to the power of minus this."""
    seed: int
    """Of everything drawn."""


def content_cosine(recipe: Recipe) -> float:
    """r, the cosine of a pair's contents.

    Raises:
        ValueError: no vectors have this gap and this pair cosine in such a cone.
    """
    r = (recipe.pair_cosine - recipe.cone + recipe.gap**2 / 2) / (1 - recipe.cone)
    if not -1 <= r <= 1 or recipe.gap > 2 * np.sqrt(recipe.cone):
        raise ValueError(
            f"No pairs have gap {recipe.gap} and cosine {recipe.pair_cosine} in a cone of {recipe.cone}: the gap is at "
            f"most {2 * np.sqrt(recipe.cone):.3f} and the contents' cosine would be {r:.3f}. Change one of the three."
        )
    return float(r)


def write_pairs(recipe: Recipe, rows: int, folder: Path) -> None:
    """Write `corpus_image.npy` and `corpus_text.npy`, float32 [rows, width], a block at a time.

    Fewer rows are the first rows of more.
    """
    with ExitStack() as stack:
        drafts = {side: stack.enter_context(whole_file(folder / f"corpus_{side}.npy")) for side in ("image", "text")}
        files = {side: stack.enter_context(draft.open("wb")) for side, draft in drafts.items()}
        for opened in files.values():
            header = {"descr": "<f4", "fortran_order": False, "shape": (rows, recipe.width)}
            np.lib.format.write_array_header_1_0(opened, header)
        for number, first in enumerate(range(0, rows, BLOCK)):
            made = block(recipe, number)
            for side, opened in files.items():
                opened.write(made[side][: rows - first].tobytes())


def block(recipe: Recipe, number: int) -> dict[str, np.ndarray]:
    """Images and texts of block `number`, float32 [BLOCK, width] each; every block is drawn by itself."""
    r, a = content_cosine(recipe), np.sqrt(recipe.cone)
    rng = np.random.default_rng([recipe.seed, 1, number])
    cluster_N = rng.integers(recipe.clusters, size=BLOCK)
    y_ND = _unit(centres(recipe)[cluster_N] + recipe.spread * _blur(recipe, BLOCK, rng))
    blur_ND = _blur(recipe, BLOCK, rng)
    aside_ND = _unit(blur_ND - np.einsum("nd,nd->n", blur_ND, y_ND)[:, None] * y_ND)
    z_ND = r * y_ND + np.sqrt(1 - r**2) * aside_ND
    sine = recipe.gap / (2 * a)
    axis_2 = np.array([np.sqrt(1 - sine**2), sine])
    content = {"image": (y_ND, axis_2), "text": (z_ND, axis_2 * [1, -1])}
    return {
        side: np.hstack([np.tile(a * where_2, (BLOCK, 1)), np.sqrt(1 - recipe.cone) * what_ND]).astype(np.float32)
        for side, (what_ND, where_2) in content.items()
    }


def centres(recipe: Recipe) -> np.ndarray:
    """The clusters' centres [C, D - 2]: mean zero, and unit length on average."""
    rng = np.random.default_rng([recipe.seed, 0])
    centre_CD = _blur(recipe, recipe.clusters, rng)
    return np.asarray(centre_CD - centre_CD.mean(axis=0))


def _blur(recipe: Recipe, rows: int, rng: np.random.Generator) -> np.ndarray:
    amplitude_D = np.arange(1, recipe.width - AXES + 1) ** -recipe.decay
    return np.asarray(
        rng.standard_normal((rows, recipe.width - AXES)) * (amplitude_D / np.linalg.norm(amplitude_D)), dtype=np.float64
    )


def _unit(vector_ND: np.ndarray) -> np.ndarray:
    return np.asarray(vector_ND / np.linalg.norm(vector_ND, axis=1, keepdims=True))

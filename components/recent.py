"""Recent inputs beside what a student learned from: the same model looks at both, and the difference is counted.

Shape legend: N = images learned from, M = recent images, C = labels, D = width of the joint embedding.
Every *_ND, *_MD and *_CD array has rows of unit length.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from PIL import Image
from pydantic import Field

from components.decoding import decode
from components.drift import TwoSample, centroid_shift, two_sample_test
from components.params import Section, unknown_name

TABLES: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".jsonl": lambda file: pd.read_json(file, lines=True),
}
IMAGE_COLUMNS = ("path", "image", "image_path", "file", "file_name", "filename")
Bound = Annotated[float, Field(gt=0, le=2)]


class MonitorParams(Section):
    """When recent inputs count as drifted from what the student learned from."""

    images: Annotated[int, Field(ge=10, le=20_000)]
    """So many recent images, and so many of the selection, are looked at: the latest, and a random draw."""
    least_images: Annotated[int, Field(ge=2)]
    """Fewer sound recent images than this are refused: they would prove nothing."""
    permutations: Annotated[int, Field(ge=99, le=100_000)]
    """Permutations behind the p-value and the threshold of MMD²."""
    significance: Annotated[float, Field(gt=0, lt=0.5)]
    """MMD² counts only if its p-value is at most this."""
    most_mmd2: Bound
    """Largest MMD² that is borne when it is significant: a large sample makes any difference significant."""
    most_centroid_shift: Bound
    """Largest distance that is borne between the mean image vectors of then and now."""
    most_gap_change: Bound
    """Largest change that is borne of the distance between the mean image and the mean label text."""
    seed: Annotated[int, Field(ge=0)]
    """Seed of the draw and of the permutations."""
    threads: Annotated[int, Field(gt=0)]
    """CPU threads of the model."""


@dataclass(frozen=True)
class Drift:
    """How far recent inputs lie from what the student learned from."""

    images: int
    broken_images: int
    """Files that are no image that can be read: counted, and left out."""
    reference_images: int
    gap_then: float
    """Distance between the mean image learned from and the mean label text."""
    gap_now: float
    centroid_shift: float
    test: TwoSample

    @property
    def figures(self) -> dict[str, float]:
        """Every figure by name."""
        flat = {name: float(value) for name, value in asdict(self).items() if name != "test"}
        return {**flat, "gap_change": self.gap_now - self.gap_then, **asdict(self.test)}

    def passed_bounds(self, params: MonitorParams) -> list[str]:
        """The bounds that were passed, each in words; none means no drift."""
        gap_change = abs(self.gap_now - self.gap_then)
        said = []
        if self.test.p_value <= params.significance and self.test.mmd2 > params.most_mmd2:
            said.append(f"MMD² {self.test.mmd2:.3f} > {params.most_mmd2:g} (p = {self.test.p_value:.3g})")
        if self.centroid_shift > params.most_centroid_shift:
            said.append(f"centroid shift {self.centroid_shift:.3f} > {params.most_centroid_shift:g}")
        if gap_change > params.most_gap_change:
            said.append(f"gap change {gap_change:.3f} > {params.most_gap_change:g}")
        return said


def recent_files(place: Path, images: int) -> list[Path]:
    """The latest image files of a folder, however deep, by time of change; or the last rows of a table.

    A csv, jsonl or parquet table names its files, relative to itself, in the first column of IMAGE_COLUMNS it has.

    Raises:
        ValueError: there is no such place, the folder has no image, or the table has no column of files or no row.
    """
    if not place.exists():
        raise ValueError(f"{place} does not exist. Name a folder of images, or a csv, jsonl or parquet table.")
    if place.is_dir():
        known = Image.registered_extensions()
        files = [file for file in place.rglob("*") if file.suffix.lower() in known and file.is_file()]
        files.sort(key=lambda file: (file.stat().st_mtime, str(file)))
    elif place.suffix.lower() in TABLES:
        table = TABLES[place.suffix.lower()](place)
        column = next((name for name in IMAGE_COLUMNS if name in table), None)
        if column is None:
            hint = unknown_name("path", [str(name) for name in table.columns])
            raise ValueError(f"{place} has no column of image files: call it one of {', '.join(IMAGE_COLUMNS)}. {hint}")
        files = [place.parent / str(name) for name in table[column].dropna()]
    else:
        raise ValueError(f"{place} is neither a folder nor a {', '.join(TABLES)} table. Name one of these.")
    if not files:
        raise ValueError(f"{place} holds no image. Name the folder or table that recent inputs arrive in.")
    return files[-images:]


def sound_images(files: Iterable[Path], broken: list[Path]) -> Iterator[Image.Image]:
    """Each file as an image, one in memory at a time; one that is missing or does not decode goes into `broken`."""
    for file in files:
        try:
            image = decode(file.read_bytes())
        except Exception:  # Pillow's decoders raise almost anything on bytes that are no image
            broken.append(file)
        else:
            yield image


def compare(
    reference_ND: np.ndarray, recent_MD: np.ndarray, label_CD: np.ndarray, *, broken: int, params: MonitorParams
) -> Drift:
    """Gap, centroid shift and MMD² between the images learned from and the recent ones.

    Raises:
        ValueError: fewer recent images than `least_images`.
    """
    if len(recent_MD) < params.least_images:
        raise ValueError(
            f"Recent images that can be read: only {len(recent_MD)} ({broken} cannot). monitor.least_images in "
            f"infra/operations.yaml is {params.least_images}. Wait for more, or lower it."
        )
    rng = np.random.default_rng(params.seed)
    return Drift(
        images=len(recent_MD),
        broken_images=broken,
        reference_images=len(reference_ND),
        gap_then=centroid_shift(reference_ND, label_CD),
        gap_now=centroid_shift(recent_MD, label_CD),
        centroid_shift=centroid_shift(reference_ND, recent_MD),
        test=two_sample_test(
            reference_ND, recent_MD, permutations=params.permutations, significance=params.significance, rng=rng
        ),
    )


def look(
    model: Path, labels: Path, selection: Path, corpus: Path, files: Iterable[Path], params: MonitorParams
) -> Drift:
    """Embed a draw of the selection and the recent files with the same student, and compare them.

    Args:
        model: a model folder.
        labels: labels.json, the task the student was trained for.
        selection: selection.parquet, what it learned from, its images in the shards of `corpus`.
        files: the recent image files.
    """
    import torch  # here, not above: a page of settings needs no torch

    from components import clip as clips
    from components.corpus import read_images
    from components.task import read_task
    from components.zeroshot import class_vectors

    torch.set_num_threads(params.threads)
    student = clips.load(model)
    broken: list[Path] = []
    recent_MD = student.encode_images(sound_images(files, broken))
    records = pd.read_parquet(selection)
    drawn = np.random.default_rng(params.seed).permutation(len(records))[: params.images]
    shown = records.iloc[np.sort(drawn)].sort_values(["shard", "offset"])
    return compare(
        student.encode_images(read_images(corpus, shown)),
        recent_MD,
        class_vectors(student, read_task(labels)),
        broken=len(broken),
        params=params,
    )

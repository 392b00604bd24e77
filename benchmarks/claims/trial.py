"""One trial: a student learns from rows of a place under changed settings, and what became of it on the unseen domains.

Shape legend: N = rows, H, W = pixels, D = width of the joint embedding.
"""

import math
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from benchmarks.claims.figures import Unseen, figures_of
from benchmarks.claims.places import prepare
from benchmarks.claims.retrieved import worth
from benchmarks.claims.rows import rows_of
from benchmarks.overlays import apply
from components import clip as clips
from components.clip import Clip
from components.compose.params import ComposeParams
from components.compose.plan import make_plan
from components.corpus import read_images, read_manifest
from components.embedder import seeded
from components.outputs import read_json
from components.params import PARAMS_FILE, load_section
from components.pixels import pixel_table
from components.retrieve.params import RetrieveParams
from components.task import Task, read_task
from components.train.learn import Student
from components.train.lessons import Lessons, known_to_base, split
from components.train.params import TrainParams
from flows import settings

PRESET = "preset="
"""Begins a change that is a whole overlay: `preset=mudg` is examples/presets/mudg.yaml."""


@dataclass(frozen=True)
class Trial:
    """What is varied: which rows teach, under which settings, from which base."""

    job: str
    seed: int
    arm: str
    """Its name in the table."""
    changes: tuple[str, ...] = ()
    """`section.field=value` or `preset=name`, over params.yaml and the job's overlay."""
    rows: str = "retrieved"
    """`retrieved`: what `retrieve` selects under this trial's settings; `pairs`: all accepted pairs, without labels;
    `truth`: rows of known class; `none`: nothing teaches, it is the base."""
    share: float = 1.0
    """Share of those rows that is kept, at random."""
    precision: float = 1.0
    """Share of labels that stay right; the others become another label at random."""
    mispaired: float = 0.0
    """Share of rows that get another row's caption."""
    width: int | None = None
    """Width of the joint embedding, by fresh projections of both towers; None keeps the base's own."""
    temperature: float | None = None
    """Temperature that the student keeps all the way; None learns it, beginning with the base's own."""

    @property
    def key(self) -> dict[str, Any]:
        """What decides the figures: all but the name."""
        return {name: value for name, value in asdict(self).items() if name != "arm"} | {"changes": list(self.changes)}


@dataclass(frozen=True)
class Place:
    """A prepared chain, its pictures decoded once."""

    folder: Path
    accepted: pd.DataFrame
    pixels: np.ndarray
    """uint8 [N, 3, H, W] of the accepted rows."""
    unseen: Unseen
    task: Task


@lru_cache(maxsize=1)
def opened(root: Path, job: str, seed: int) -> Place:
    """The place of `job` and `seed`, prepared if it is not there yet."""
    folder = prepare(root, job, seed)
    base = clips.load(folder / "data/pretrain")
    accepted = read_manifest(folder / "data/validate/accepted.parquet", learning=True)
    pixels = pixel_table(read_images(folder / "data/collect/corpus", accepted), len(accepted), base)
    task = read_task(folder / "data/retrieve/labels.json")
    return Place(folder, accepted, pixels, Unseen.of(folder, task, base), task)


def base_figures(root: Path, job: str, seed: int) -> dict[str, object]:
    """What the base itself reaches."""
    place = opened(root, job, seed)
    return figures_of(clips.load(place.folder / "data/pretrain"), place.unseen)


def run(root: Path, trial: Trial) -> dict[str, object]:
    """The figures of the student that the trial makes, and what its training said of itself."""
    place = opened(root, trial.job, trial.seed)
    train, compose, retrieve = sections(root, trial)
    selection = rows_of(trial, place.folder, place.accepted, place.task, retrieve)
    torch.set_num_threads(train.machine.threads)
    with torch.random.fork_rng():
        torch.manual_seed(train.machine.seed)
        base = clips.load(place.folder / "data/pretrain")
        if trial.width:
            base = reprojected(base, trial.width)
        if trial.temperature:
            fix_temperature(base, trial.temperature)
        student = Student(base, lessons_of(place, selection, train, compose), train)
        reports = [report.row() for report in student.fit()]
        kept = student.kept()
    said = {f"last_{name}": value for name, value in reports[-1].items() if name not in ("step", "learning_rate")}
    labels = {} if trial.rows == "pairs" else worth(selection, place.folder, place.task)
    return {
        **figures_of(kept.clip, place.unseen),
        **labels,
        **said,
        "steps": len(reports),
        "student_share": kept.student_share,
    }


def lessons_of(place: Place, selection: pd.DataFrame, train: TrainParams, compose: ComposeParams) -> Lessons:
    """The rows that teach, as `train` would get them."""
    number = {identifier: row for row, identifier in enumerate(place.accepted["id"])}
    at_N = selection["id"].map(number).to_numpy()
    text_ND = np.load(place.folder / "data/embed/corpus_text.npy", mmap_mode="r")[at_N]
    plan = make_plan(selection, np.asarray(text_ND), compose)
    known_N = known_to_base(selection, read_json(place.folder / "data/pretrain/provenance.json"))
    taught_N, held_out_N = split(selection["label"], known_N, train.held_out, *seeded(train.machine.seed, 4))
    return Lessons(place.pixels[at_N], selection, place.task, plan.composition, taught_N, held_out_N)


def sections(root: Path, trial: Trial) -> tuple[TrainParams, ComposeParams, RetrieveParams]:
    """Settings of the trial's stages: params.yaml, the job's overlay, the seed, one thread, the trial's changes."""
    overlays = [] if trial.job == "default" else [settings.overlay(root / "examples" / f"{trial.job}.yaml")]
    presets = [change.removeprefix(PRESET) for change in trial.changes if change.startswith(PRESET)]
    overlays += [settings.overlay(root / "examples/presets" / f"{name}.yaml") for name in presets]
    seeded_fields = ("train.machine.seed", "compose.seed", "retrieve.seed")
    own = [*(f"{field}={trial.seed}" for field in seeded_fields), "train.machine.threads=1", "retrieve.threads=1"]
    own += [change for change in trial.changes if not change.startswith(PRESET)]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(root / PARAMS_FILE, folder)
        apply(Path(folder), [*overlays, settings.assignments(own)])
        file = Path(folder) / PARAMS_FILE
        return (
            load_section("train", TrainParams, file),
            load_section("compose", ComposeParams, file),
            load_section("retrieve", RetrieveParams, file),
        )


def fix_temperature(base: Clip, temperature: float) -> None:
    """Take the logit scale out of what is learned, at 1 / `temperature`."""
    base.towers.logit_scale.requires_grad_(False).fill_(math.log(1 / temperature))


def reprojected(base: Clip, width: int) -> Clip:
    """The base with fresh, linear projections of both towers to `width` numbers, as Fahim et al. do it."""
    towers = base.towers
    pool = towers.visual.attnpool
    inner, text = pool.c_proj.in_features, towers.text_projection.shape[0]
    pool.c_proj = nn.Linear(inner, width)
    nn.init.normal_(pool.c_proj.weight, std=inner**-0.5)
    nn.init.zeros_(pool.c_proj.bias)
    towers.text_projection = nn.Parameter(torch.randn(text, width) * text**-0.5)
    return replace(base, architecture={**base.architecture, "embed_dim": width})

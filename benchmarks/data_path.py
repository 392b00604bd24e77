"""Is the data path the bottleneck? Embedding and training against the same model on tensors already in memory.

    python -m benchmarks.data_path

Run `make run` first: this reads the corpus, the base model, the selection and the plan of compositions under data/.
"""

import itertools
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch

from components import clip as clips
from components.corpus import read_image_bytes, read_images, read_manifest
from components.embedder import logit_scale, pair_vectors, seeded
from components.fit import Fit
from components.learning import Optimisation
from components.losses import pair_terms
from components.meetings import anyone, read_composition
from components.order import RowOrder
from components.ordered import in_order
from components.outputs import read_json
from components.pairs import Batch, pair_batches
from components.params import load_section
from components.pixels import pixel_table
from components.pretrain.params import PretrainParams
from components.task import read_task
from components.tokens import token_table
from components.train.learn import Student
from components.train.lessons import Lessons, known_to_base, split
from components.train.params import TrainParams

ROUNDS = 5
EMBED_IMAGES, BATCH = 4096, 256
STEPS = 12
NEEDED = ("collect/corpus", "validate/accepted.parquet", "pretrain", "retrieve", "compose")

Work = Callable[[], None]


def measure(root: Path) -> pd.DataFrame:
    """Images per second of both ways and their ratio, medians over ROUNDS interleaved rounds.

    Raises:
        FileNotFoundError: data/ lacks what a stage should have written.
    """
    data = root / "data"
    for name in NEEDED:
        if not (data / name).exists():
            raise FileNotFoundError(f"{data / name} does not exist. Run `make run` first.")
    pretrain = load_section("pretrain", PretrainParams, root / "params.yaml")
    train = load_section("train", TrainParams, root / "params.yaml")
    torch.set_num_threads(pretrain.machine.threads)
    clip, corpus = clips.load(data / "pretrain"), data / "collect" / "corpus"
    records = read_manifest(data / "validate" / "accepted.parquet", learning=True)[:EMBED_IMAGES]
    pixels = pixel_table(read_images(corpus, records), len(records), clip)
    rows = [
        ("embed", len(records), *interleaved(embed_files(clip, corpus, records), embed_memory(clip, pixels))),
        (
            "embed, memory side by side",
            len(records),
            *interleaved(embed_files(clip, corpus, records), embed_memory_side_by_side(clip, pixels)),
        ),
        (
            "pretrain",
            STEPS * pretrain.optimiser.batch_pairs,
            *interleaved(*pretrain_both(clip, pixels, records, pretrain)),
        ),
        ("train", STEPS * train.optimiser.batch_pairs, *interleaved(*train_both(data, train))),
    ]
    table = pd.DataFrame(rows, columns=["work", "images", "from_data_s", "from_memory_s"])
    table["from_data_images_per_s"] = table["images"] / table["from_data_s"]
    table["from_memory_images_per_s"] = table["images"] / table["from_memory_s"]
    table["ratio"] = table["from_memory_s"] / table["from_data_s"]
    return table.drop(columns=["images"]).round(3)


def interleaved(first: Work, second: Work) -> tuple[float, float]:
    """Median seconds of two ways, taken in turn after one unmeasured round."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for work, taken in zip((first, second), seconds, strict=True):
            begin = time.perf_counter()
            work()
            if number:
                taken.append(time.perf_counter() - begin)
    return median(seconds[0]), median(seconds[1])


def embed_files(clip: clips.Clip, corpus: Path, records: pd.DataFrame) -> Work:
    def work() -> None:
        for _ in clip.file_vectors(read_image_bytes(corpus, records), BATCH):
            pass

    return work


def embed_memory(clip: clips.Clip, pixels: np.ndarray) -> Work:
    blocks = torch.from_numpy(pixels.copy()).split(BATCH)

    def work() -> None:
        clip.model.eval()
        for block in blocks:
            clip.encode_pixels(block)

    return work


def embed_memory_side_by_side(clip: clips.Clip, pixels: np.ndarray) -> Work:
    """The stricter measure: blocks in memory on several threads, one each, as `embed` itself computes."""
    blocks = torch.from_numpy(pixels.copy()).split(BATCH)

    def work() -> None:
        clip.model.eval()
        for _ in in_order(clip.encode_pixels, blocks):
            pass

    return work


def pretrain_both(
    clip: clips.Clip, pixels: np.ndarray, records: pd.DataFrame, params: PretrainParams
) -> tuple[Work, Work]:
    """The steps of `pretrain` over batches drawn as they are needed, and over batches drawn beforehand."""
    tokens = token_table(list(records["caption"]), list(records["language"]), clip.tokenizer)
    composition = anyone(params.composition_rate, params.composition_axis, len(records))
    order, drawing = seeded(1, 0, 1)
    rows = RowOrder(torch.arange(len(records)), params.optimiser.batch_pairs, order)
    drawn = pair_batches(pixels, tokens, rows, params.augmentation, composition, drawing)
    ready = list(itertools.islice(drawn, STEPS))
    how = few_steps(params.optimiser)

    def terms_of(batch: Batch, step: int) -> dict[str, torch.Tensor]:
        image_ND, text_ND = pair_vectors(clip, batch)
        return pair_terms(image_ND, text_ND, logit_scale(clip), batch.same_caption(), params.terms)

    def steps(batches: Iterable[Batch]) -> Work:
        def work() -> None:
            clip.model.train()
            for _ in Fit(clip.model, iter(batches), terms_of, how, lambda batch: [], stage="pretrain"):
                pass

        return work

    return steps(drawn), steps(ready)


def train_both(data: Path, params: TrainParams) -> tuple[Work, Work]:
    """The steps of `train`, soft target and moving average included, over the same two kinds of batches."""
    clip = clips.load(data / "pretrain")
    selection = pd.read_parquet(data / "retrieve" / "selection.parquet")
    pixels = pixel_table(read_images(data / "collect" / "corpus", selection), len(selection), clip)
    task, composition = read_task(data / "retrieve" / "labels.json"), read_composition(data / "compose")
    params = params.model_copy(update={"optimiser": few_steps(params.optimiser)})
    known_N = known_to_base(selection, read_json(data / "pretrain" / "provenance.json"))
    parts = split(selection["label"], known_N, params.held_out, *seeded(params.machine.seed, 4))
    student = Student(clip, Lessons(pixels, selection, task, composition, *parts), params)
    drawn = student.batches(student.order, student.drawing)
    ready = list(itertools.islice(drawn, STEPS))

    def steps(batches: Iterable[Batch]) -> Work:
        def work() -> None:
            student.steps.batches, student.steps.steps_taken = iter(batches), 0
            for _ in student.steps:
                pass

        return work

    return steps(drawn), steps(ready)


def few_steps(how: Optimisation) -> Optimisation:
    """The same steps, but STEPS of them, and so small that the model stays what it is."""
    return how.model_copy(update={"steps": STEPS, "learning_rate": 1e-6, "warmup_steps": 0})


if __name__ == "__main__":
    try:
        print(measure(Path()).to_string(index=False))
    except FileNotFoundError as error:
        sys.exit(str(error))

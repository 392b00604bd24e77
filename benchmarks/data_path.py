"""Is the data path the bottleneck? Embedding and training against the same model on tensors already in memory.

Run `make run` first: this reads the accepted corpus and the base model under data/.
"""

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pandas as pd
import torch

from components import clip as clips
from components.corpus import read_images, read_manifest
from components.embedder import logit_scale, pair_vectors, seeded
from components.fit import fit
from components.losses import pair_terms
from components.pairs import Batch, Composition, pair_batches, row_batches
from components.params import load_section
from components.pixels import pixel_table
from components.pretrain.params import PretrainParams
from components.tokens import token_table

ROUNDS = 5
EMBED_IMAGES, BATCH = 4096, 256
STEPS = 12


def measure(root: Path) -> pd.DataFrame:
    """Images per second of both ways and their ratio, medians over ROUNDS interleaved rounds."""
    params = load_section("pretrain", PretrainParams, root / "params.yaml")
    torch.set_num_threads(params.machine.threads)
    clip = clips.load(root / "data/pretrain")
    corpus = root / "data/collect/corpus"
    records = read_manifest(root / "data/validate/accepted.parquet", learning=True)[:EMBED_IMAGES]
    pixels = pixel_table(read_images(corpus, records), len(records), clip)
    rows = [("embed", len(records), *interleaved(embed_files(clip, corpus, records), embed_memory(clip, pixels)))]
    steps = interleaved(*train_both(clip, pixels, records, params))
    rows.append(("train", STEPS * params.optimiser.batch_pairs, *steps))
    table = pd.DataFrame(rows, columns=["work", "images", "from_data_s", "from_memory_s"])
    table["from_data_images_per_s"] = table["images"] / table["from_data_s"]
    table["from_memory_images_per_s"] = table["images"] / table["from_memory_s"]
    table["ratio"] = table["from_memory_s"] / table["from_data_s"]
    return table.drop(columns=["images"]).round(3)


def interleaved(first: Callable[[], None], second: Callable[[], None]) -> tuple[float, float]:
    """Median seconds of two ways, taken in turn after one unmeasured round."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for work, taken in zip((first, second), seconds, strict=True):
            begin = time.perf_counter()
            work()
            if number:
                taken.append(time.perf_counter() - begin)
    return median(seconds[0]), median(seconds[1])


def embed_files(clip: clips.Clip, corpus: Path, records: pd.DataFrame) -> Callable[[], None]:
    def work() -> None:
        for _ in clip.image_vectors(read_images(corpus, records), BATCH):
            pass

    return work


def embed_memory(clip: clips.Clip, pixels) -> Callable[[], None]:
    blocks = torch.from_numpy(pixels.copy()).split(BATCH)

    def work() -> None:
        clip.model.eval()
        for block in blocks:
            clip.encode_pixels(block)

    return work


def train_both(clip: clips.Clip, pixels, records: pd.DataFrame, params: PretrainParams):
    """The same steps over batches drawn as they are needed, and over batches drawn beforehand."""
    tokens = token_table(list(records["caption"]), list(records["language"]), clip.tokenizer)
    everyone = torch.arange(len(records))
    composition = Composition(params.composition_rate, params.composition_axis, everyone, everyone)
    order, drawing = seeded(1, 0, 1)
    rows = row_batches(len(records), params.optimiser.batch_pairs, order)
    drawn = pair_batches(pixels, tokens, rows, params.augmentation, composition, drawing)
    ready = list(itertools.islice(drawn, STEPS))
    how = params.optimiser.model_copy(update={"steps": STEPS, "learning_rate": 1e-6, "warmup_steps": 0})

    def terms_of(batch: Batch):
        image_ND, text_ND = pair_vectors(clip, batch)
        return pair_terms(image_ND, text_ND, logit_scale(clip), batch.same_caption(), params.terms)

    def steps(batches) -> Callable[[], None]:
        def work() -> None:
            clip.model.train()
            for _ in fit(clip.model, iter(batches), terms_of, how):
                pass

        return work

    return steps(drawn), steps(ready)


if __name__ == "__main__":
    print(measure(Path()).to_string(index=False))

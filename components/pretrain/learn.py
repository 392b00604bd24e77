"""The small base model, trained from scratch on image–caption pairs."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from components import clip as clips
from components.clip import Clip
from components.corpus import read_images, read_manifest
from components.embedder import logit_scale, pair_vectors, seeded
from components.fit import fit
from components.losses import pair_terms
from components.meetings import anyone
from components.pairs import Batch, pair_batches, row_batches
from components.params import ParamsError, unknown_name
from components.pixels import pixel_table
from components.pretrain.params import PretrainParams
from components.progress import progress
from components.tokens import CONJUNCTIONS, token_table
from components.vocabulary import narrowed


def from_scratch(corpus: Path, accepted: Path, params: PretrainParams) -> tuple[Clip, pd.DataFrame, dict[str, Any]]:
    """The trained model, its curve (a row a step), and what it learned from."""
    torch.set_num_threads(params.machine.threads)
    records = of_sources(read_manifest(accepted, learning=True), params.sources)
    untrained = clips.scratch(embed_dim=params.embed_dim, image_px=params.image_px, seed=params.machine.seed)
    narrow = narrowed(untrained, [*records["caption"], *CONJUNCTIONS.values()])
    clip = narrow.clip
    pixels = pixel_table(read_images(corpus, records), len(records), clip)
    tokens = token_table(list(records["caption"]), list(records["language"]), clip.tokenizer)
    order, drawing = seeded(params.machine.seed, 0, 1)
    composition = anyone(params.composition_rate, params.composition_axis, len(records))
    batches = pair_batches(
        pixels,
        tokens,
        row_batches(len(records), params.optimiser.batch_pairs, order),
        params.augmentation,
        composition,
        drawing,
    )

    def terms_of(batch: Batch) -> dict[str, Tensor]:
        image_ND, text_ND = pair_vectors(clip, batch)
        same_NN = batch.same_caption().to(clip.device)
        return pair_terms(image_ND, text_ND, logit_scale(clip), same_NN, params.terms)

    clip.model.to(params.machine.device).train()
    steps = fit(clip.model, batches, terms_of, params.optimiser)
    curve = [
        {"step": report.step, "learning_rate": report.learning_rate, **report.terms}
        for report in progress(steps, what="pretrain", total=params.optimiser.steps, unit="steps")
    ]
    clip.model.eval()
    clip = narrow.widened(clip)
    counts = {
        "pairs": len(records),
        "steps": len(curve),
        "parameters": sum(weight.numel() for weight in clip.model.parameters()),
        "image_tower_parameters": sum(
            weight.numel() for name, weight in clip.model.named_parameters() if name.startswith("visual.")
        ),
    }
    return clip, pd.DataFrame(curve), {"weights": "scratch", "sources": params.sources, "counts": counts}


def of_sources(records: pd.DataFrame, sources: list[str]) -> pd.DataFrame:
    """The records of the named sources.

    Raises:
        ParamsError: a name is no source of the corpus.
    """
    known = sorted(records["source"].unique())
    for source in sources:
        if source not in known:
            raise ParamsError(f"params.yaml: pretrain.sources names `{source}`. {unknown_name(source, known)}")
    return records[records["source"].isin(sources)].reset_index(drop=True)

"""The small base model, trained from scratch on image–caption pairs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Generator, Tensor

from components import clip as clips
from components.checkpoint import Checkpoints, Stateful
from components.chunked import note_if_norms_see_chunks
from components.clip import Clip
from components.corpus import read_images, read_manifest
from components.embedder import compiled, logit_scale, pair_vectors, seeded
from components.fit import Fit
from components.gathered import check_shares, gather_batch_norms
from components.losses import pair_terms
from components.machine import placed
from components.meetings import anyone
from components.order import RowOrder
from components.pairs import Batch, pair_batches
from components.params import ParamsError, unknown_name
from components.pixels import pixel_table
from components.pretrain.params import PretrainParams
from components.progress import progress
from components.tokens import CONJUNCTIONS, token_table
from components.vocabulary import narrowed


def from_scratch(
    corpus: Path,
    accepted: Path,
    params: PretrainParams,
    checkpoints: Checkpoints,
    chance: Mapping[str, Generator],
) -> tuple[Clip, pd.DataFrame, dict[str, Any]]:
    """The trained model, its curve (a row a step), and what it learned from; `chance` are the global generators."""
    records = of_sources(read_manifest(accepted, learning=True), params.sources)
    untrained = clips.scratch(embed_dim=params.embed_dim, image_px=params.image_px, seed=params.machine.seed)
    narrow = narrowed(untrained, [*records["caption"], *CONJUNCTIONS.values()])
    clip = placed(narrow.clip, params.machine)
    pixels = pixel_table(read_images(corpus, records), len(records), clip)
    tokens = token_table(list(records["caption"]), list(records["language"]), clip.tokenizer)
    check_captions(list(records["caption"]), tokens.row_NT)
    ordering, drawing = seeded(params.machine.seed, 0, 1)
    order = RowOrder(torch.arange(len(records)), params.optimiser.batch_pairs, ordering)
    check_shares(order.batch, "pretrain")
    composition = anyone(params.composition_rate, params.composition_axis, len(records))
    batches = pair_batches(pixels, tokens, order, params.augmentation, composition, drawing)

    def terms_of(batch: Batch, step: int) -> dict[str, Tensor]:
        image_ND, text_ND = pair_vectors(clip, batch, params.optimiser.chunk_pairs)
        same_NN = batch.same_caption().to(clip.device)
        return pair_terms(image_ND, text_ND, logit_scale(clip), same_NN, params.terms)

    def ids_of(batch: Batch) -> list[str]:
        return batch.names(list(records["id"]))

    clip.model.train()
    note_if_norms_see_chunks("pretrain", clip.model, params.optimiser.chunk_pairs)
    gather_batch_norms(clip.model)
    if params.machine.compile:
        compiled(clip)
    steps = Fit(clip.model, batches, terms_of, params.optimiser, ids_of, stage="pretrain")
    parts: dict[str, Stateful | Generator] = {"steps": steps, "order": order, "drawing": drawing, **chance}
    rows = checkpoints.resumed(parts, (report.row() for report in steps))
    curve = list(progress(rows, what="pretrain", total=params.optimiser.steps, unit="steps"))
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


def check_captions(captions: Sequence[str], token_NT: Tensor) -> None:
    """Whether captions tell pairs apart.

    Raises:
        ValueError: to the tokenizer all captions are the same.
    """
    if bool((token_NT == token_NT[0]).all()):
        raise ValueError(
            f"params.yaml: all {len(token_NT):,} captions of pretrain.sources are `{captions[0]}`, and pairs with one "
            "caption teach nothing. Name a source with captions of its own, or start from published weights: "
            "pretrain.weights."
        )


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

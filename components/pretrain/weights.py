"""A published base model: by open_clip architecture and tag, or from a file of that tag's weights."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pandas as pd

from components import clip as clips
from components.clip import Clip
from components.params import ParamsError
from components.pretrain.params import PretrainParams


def from_publisher(params: PretrainParams) -> tuple[Clip, pd.DataFrame, dict[str, Any]]:
    """The model, an empty curve, and its provenance with the SHA-256 of a given file.

    Raises:
        ParamsError: `weights` is not of the form architecture/tag.
        ValueError: open_clip cannot load it.
    """
    architecture, slash, tag = params.weights.partition("/")
    if not slash or not tag:
        raise ParamsError(
            f"params.yaml: pretrain.weights is `{params.weights}`. Write `scratch`, or architecture/tag such as "
            "`ViT-B-32/laion2b_s34b_b79k`."
        )
    file = home() / params.weights_file if params.weights_file else None
    clip = clips.published(architecture, tag, file, params.machine.device)
    counts = {"pairs": 0, "steps": 0, "parameters": sum(weight.numel() for weight in clip.model.parameters())}
    provenance = {
        "weights": params.weights,
        "file_sha256": hashlib.sha256(file.read_bytes()).hexdigest() if file else None,
        "counts": counts,
    }
    return clip, pd.DataFrame({"step": [], "learning_rate": [], "total": []}), provenance


def home() -> Path:
    """Where relative paths of `params.yaml` start: the project, also when a run works in a private clone of it."""
    return Path(os.environ.get("KAKEHASHI_HOME", "."))

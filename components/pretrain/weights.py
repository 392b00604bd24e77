"""A published base model: an open_clip tag, a file of a tag's weights, or a model folder."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pandas as pd

from components import clip as clips
from components.clip import CONFIG, Clip
from components.params import ParamsError
from components.pretrain.params import PretrainParams


def from_publisher(params: PretrainParams) -> tuple[Clip, pd.DataFrame, dict[str, Any]]:
    """The model, an empty curve, and its provenance with the SHA-256 of a given file.

    Raises:
        ParamsError: `weights` is neither a model folder nor of the form architecture/tag.
        ValueError: open_clip cannot load it.
    """
    folder = home() / params.weights
    file = home() / params.weights_file if params.weights_file else None
    if (folder / CONFIG).is_file():
        clip = clips.load(folder, params.machine.device)
    else:
        clip = clips.published(*architecture_and_tag(params.weights), file, params.machine.device)
    counts = {"pairs": 0, "steps": 0, "parameters": sum(weight.numel() for weight in clip.model.parameters())}
    provenance = {
        "weights": params.weights,
        "file_sha256": hashlib.sha256(file.read_bytes()).hexdigest() if file else None,
        "counts": counts,
    }
    return clip, pd.DataFrame({"step": [], "learning_rate": [], "total": []}), provenance


def architecture_and_tag(weights: str) -> tuple[str, str]:
    """The two parts of `architecture/tag`.

    Raises:
        ParamsError: it is something else; a path to a file is told where it belongs.
    """
    architecture, slash, tag = weights.partition("/")
    if not slash or not tag or "/" in tag or Path(weights).suffix in (".pt", ".pth", ".bin", ".safetensors"):
        raise ParamsError(
            f"params.yaml: pretrain.weights is `{weights}`. Write `scratch`, architecture/tag such as "
            "`ViT-B-32/laion2b_s34b_b79k` (with a file of its weights in pretrain.weights_file, if you have one), or a "
            f"folder that holds {CONFIG}."
        )
    return architecture, tag


def home() -> Path:
    """Where relative paths of `params.yaml` start: the project, also when a run works in a private clone of it."""
    return Path(os.environ.get("KAKEHASHI_HOME") or ".")

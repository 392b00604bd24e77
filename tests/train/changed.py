"""Settings of `train` for a test: the shipped ones with every term off, and then changed as an overlay would."""

from pathlib import Path

from components.learning import PairTerms
from components.params import check, read_yaml
from components.train.params import TrainParams

ROOT = Path(__file__).parents[2]
OFF = {
    "terms": dict.fromkeys(PairTerms.model_fields, 0.0),
    "soft_target": 0.0,
    "bank": {"size": 0, "warmup_steps": 0, "similar_captions": 1.0},
    "robust": {"rince": 0.0, "clean_from_epoch": 0},
    "balance": {"weight": 0.0, "ramp_steps": 0},
    "class_balance": {"beta": 0.0, "logit_adjustment": 0.0},
    "anchor": {"logits": 0.0, "features": 0.0, "weights": 0.0},
    "optimiser": {"steps": 3, "batch_pairs": 6, "warmup_steps": 0},
    "held_out": 0.0,
    "interpolation": {"choice": "none"},
    "machine": {"threads": 1},
}


def train_settings(*changes: dict) -> TrainParams:
    """The shipped settings with every term off, then each of `changes` over them."""
    values = read_yaml(ROOT / "params.yaml")["train"]
    for change in (OFF, *changes):
        values = merged(values, change)
    return check(TrainParams, values, file=Path("params.yaml"), prefix="train")


def merged(old: dict, new: dict) -> dict:
    """`old` with the values of `new`, mappings merged."""
    inner = {key: merged(old[key], value) if isinstance(value, dict) and key in old else value
             for key, value in new.items()}  # fmt: skip
    return {**old, **inner}

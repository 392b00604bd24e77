"""The common space of DRCL: one small network a modality, and the prior that names its directions.

Pu et al. 2025, Deep Reversible Consistency Learning for Cross-modal Retrieval, https://arxiv.org/abs/2501.05686.

Shape legend: N = items, D = width of the frozen vectors, L = width of the common space, C = classes.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

MODALITIES = ("image", "text")


class Projector(nn.Module):
    """Frozen vectors [N, D] to unit vectors [N, L]: two hidden ReLU layers, a last layer without bias."""

    def __init__(self, width: int, hidden: int, common: int, generator: Generator):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, common, bias=False),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                bound = 1 / math.sqrt(layer.in_features)
                for weight in layer.parameters():
                    nn.init.uniform_(weight, -bound, bound, generator=generator)

    def forward(self, vector_ND: Tensor) -> Tensor:
        return F.normalize(self.layers(vector_ND), dim=1)


def save(projectors: dict[str, Projector], prior_LC: Tensor, folder: Path) -> None:
    """Write one file a modality, and the prior."""
    for modality, projector in projectors.items():
        save_file(
            {name: weight.contiguous() for name, weight in projector.state_dict().items()},
            folder / f"{modality}.safetensors",
        )
    save_file({"prior_LC": prior_LC.contiguous()}, folder / "prior.safetensors")


def load(folder: Path) -> dict[str, Projector]:
    """The projectors of a folder, by modality."""
    projectors = {}
    for modality in MODALITIES:
        state = load_file(folder / f"{modality}.safetensors")
        hidden, width = state["layers.0.weight"].shape
        projector = Projector(width, hidden, len(state["layers.4.weight"]), Generator())
        projector.load_state_dict(state)
        projectors[modality] = projector.eval()
    return projectors


@torch.inference_mode()
def project(projector: Projector, vector_ND: np.ndarray) -> np.ndarray:
    """Unit vectors in the common space, float32 [N, L]."""
    return projector(torch.from_numpy(np.ascontiguousarray(vector_ND))).numpy()

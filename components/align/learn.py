"""The two stages of DRCL: choose a prior, then learn each modality against it alone.

Pu et al. 2025, https://arxiv.org/abs/2501.05686. Two departures from the published code: the prior's quality is
measured on held-out vectors, not on those that trained it, and the best prior is copied, not aliased.

Shape legend: N = vectors of one modality, D = their width, L = width of the common space, C = classes.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from components.align.losses import generalised_cross_entropy, recovered_targets, robustness, structure_loss
from components.align.params import AlignParams
from components.common_space import Projector
from components.embedder import seeded


@dataclass(frozen=True)
class Labelled:
    """Frozen vectors of one modality and their classes, split into what teaches and what chooses."""

    vector_ND: Tensor
    label_N: Tensor
    held_out_N: Tensor
    classes: int

    def targets(self, rows: Tensor) -> Tensor:
        """One-hot labels [rows, C]."""
        return F.one_hot(self.label_N[rows], self.classes).float()

    @property
    def taught(self) -> Tensor:
        return (~self.held_out_N).nonzero().flatten()

    @property
    def choosing(self) -> Tensor:
        return self.held_out_N.nonzero().flatten()


def split(vector_ND: Tensor, label_N: Tensor, classes: int, held_out: float, generator: Generator) -> Labelled:
    """Hold out a share of the vectors, at least one of each modality, by `generator`."""
    count = max(1, round(held_out * len(vector_ND)))
    mask = torch.zeros(len(vector_ND), dtype=torch.bool)
    mask[torch.randperm(len(vector_ND), generator=generator)[:count]] = True
    return Labelled(vector_ND, label_N, mask, classes)


def choose_prior(modalities: dict[str, Labelled], params: AlignParams) -> tuple[Tensor, str, dict[str, float]]:
    """The prior W [L, C] of the modality that classifies best on held-out vectors, its name, and every quality."""
    priors: dict[str, Tensor] = {}
    quality: dict[str, float] = {}
    for stream, (name, data) in enumerate(modalities.items()):
        weights, order = seeded(params.seed, 10 + 2 * stream, 11 + 2 * stream)
        projector = Projector(data.vector_ND.shape[1], params.hidden_dim, params.common_dim, weights)
        prior_LC = orthogonal(params.common_dim, data.classes, next(seeded(params.seed, 1))).requires_grad_()
        quality[name] = -1.0
        optimiser = adam([*projector.parameters(), prior_LC], params)
        for epoch in range(1, params.epochs + 1):
            for rows in shuffled(data.taught, params.batch, order):
                feature_BL = projector(data.vector_ND[rows])
                loss = generalised_cross_entropy(feature_BL, data.targets(rows), prior_LC, robustness(epoch))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            belief = held_out_belief(projector, prior_LC, data)
            if belief > quality[name]:
                quality[name], priors[name] = belief, prior_LC.detach().clone()
    best = max(quality, key=lambda name: quality[name])
    return priors[best], best, quality


def learn_projector(data: Labelled, prior_LC: Tensor, stream: int, params: AlignParams) -> Projector:
    """One modality's projector, learned against the frozen prior alone; the epoch with the least held-out loss."""
    weights, order, mixing = seeded(params.seed, 20 + 3 * stream, 21 + 3 * stream, 22 + 3 * stream)
    projector = Projector(data.vector_ND.shape[1], params.hidden_dim, params.common_dim, weights)
    optimiser = adam(list(projector.parameters()), params)
    best, least = copy.deepcopy(projector), float("inf")
    for epoch in range(1, params.epochs + 1):
        for rows in shuffled(data.taught, params.batch, order):
            other = torch.randperm(len(rows), generator=mixing)
            feature_BL, target_BC = projector(data.vector_ND[rows]), data.targets(rows)
            mixed_BL = params.mix * feature_BL + (1 - params.mix) * feature_BL[other]
            mixed_BC = params.mix * target_BC + (1 - params.mix) * target_BC[other]
            loss = total_loss(mixed_BL, mixed_BC, prior_LC, robustness(epoch), params)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            feature_NL, target_NC = projector(data.vector_ND[data.choosing]), data.targets(data.choosing)
            held_out = total_loss(feature_NL, target_NC, prior_LC, 1.0, params).item()
        if held_out < least:
            best, least = copy.deepcopy(projector), held_out
    return best.eval()


def total_loss(feature_BL: Tensor, target_BC: Tensor, prior_LC: Tensor, q: float, params: AlignParams) -> Tensor:
    """The weighted sum of DRCL's three losses."""
    recovered_BL = recovered_targets(target_BC, prior_LC)
    return (
        params.label_weight * generalised_cross_entropy(feature_BL, target_BC, prior_LC, q)
        + params.structure_weight * structure_loss(feature_BL, recovered_BL)
        + params.target_weight * (recovered_BL - feature_BL).square().mean()
    )


@torch.no_grad()
def held_out_belief(projector: Projector, prior_LC: Tensor, data: Labelled) -> float:
    """Mean belief in the true class on held-out vectors, 0 to 1: the quality S of a prior."""
    belief_NC = (projector(data.vector_ND[data.choosing]) @ prior_LC).softmax(dim=1)
    return float((belief_NC * data.targets(data.choosing)).sum(dim=1).mean())


def orthogonal(rows: int, columns: int, generator: Generator) -> Tensor:
    """`columns` random orthonormal directions of a space of `rows` dimensions, [L, C].

    Raises:
        ValueError: there are more classes than dimensions.
    """
    if columns > rows:
        raise ValueError(f"params.yaml: align.common_dim is {rows}, but the task has {columns} labels. Raise it.")
    return torch.linalg.qr(torch.randn(rows, rows, generator=generator))[0][:, :columns].contiguous()


def adam(weights: list[Tensor], params: AlignParams) -> torch.optim.Adam:
    return torch.optim.Adam(weights, lr=params.learning_rate, betas=(0.5, 0.999))


def shuffled(rows: Tensor, batch: int, generator: Generator) -> Iterator[Tensor]:
    """One epoch of row batches in a fresh order; a last batch of one is left out."""
    order = rows[torch.randperm(len(rows), generator=generator)]
    return (part for part in order.split(batch) if len(part) > 1)

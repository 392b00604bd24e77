"""The weighted terms over image–caption pairs that `pretrain` and `train` share; a weight of 0 computes nothing.

Shape legend: N = pairs in the batch, D = width of the joint embedding.
Every *_ND tensor has rows of unit length.
"""

from collections.abc import Callable, Mapping

from torch import Tensor

from components import geometry, infonce
from components.learning import PairTerms


def pair_terms(
    image_ND: Tensor, text_ND: Tensor, logit_scale: Tensor, same_NN: Tensor, weights: PairTerms
) -> dict[str, Tensor]:
    """InfoNCE and the terms that shape the gap, by name. Plain CLIP, CUA and CUAXU are settings of the weights."""
    contrastive = weighted(
        {"contrastive": lambda: infonce.contrastive_loss(image_ND, text_ND, logit_scale, same_NN)}, weights
    )
    return contrastive | gap_terms(image_ND, text_ND, same_NN, weights)


def gap_terms(
    image_ND: Tensor, text_ND: Tensor, same_NN: Tensor, weights: PairTerms, weight_N: Tensor | None = None
) -> dict[str, Tensor]:
    """The terms of L_CUAXU (Fahim et al. 2024) and the centroid uniformity of ModGap, by name.

    `weight_N` weighs the pairs where a term is a mean over pairs: in the alignment.
    """
    formulas = {
        "uniformity": lambda: (geometry.uniformity(image_ND) + geometry.uniformity(text_ND)) / 2,
        "alignment": lambda: weighted_mean(geometry.pair_distances(image_ND, text_ND), weight_N),
        "cross_uniformity": lambda: geometry.cross_uniformity(image_ND, text_ND, same_NN),
        "centroid_uniformity": lambda: geometry.centroid_uniformity(image_ND, text_ND),
    }
    return weighted(formulas, weights)


def weighted(formulas: Mapping[str, Callable[[], Tensor]], weights: PairTerms) -> dict[str, Tensor]:
    """The formulas whose weight is above 0, computed and weighted."""
    weight = {name: getattr(weights, name) for name in formulas}
    return {name: weight[name] * formula() for name, formula in formulas.items() if weight[name] > 0}


def weighted_mean(loss_N: Tensor, weight_N: Tensor | None) -> Tensor:
    """Mean of weight times loss: weights of mean 1 keep the size of the loss. No weights are weights of 1."""
    return loss_N.mean() if weight_N is None else (weight_N * loss_N).mean()

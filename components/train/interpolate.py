"""Between base and student: weights on the straight line from one to the other, chosen on held-out images.

Wortsman et al. 2022, WiSE-FT, https://arxiv.org/abs/2109.01903: theta(share) = (1 - share) base + share student keeps
much of what the base knew and fine-tuning forgot. The target's labels choose nothing here.
"""

from collections.abc import Callable, Iterable

import pandas as pd
import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from components.clip import Clip
from components.embedder import frozen_copy

SHARE = "student_share"
Batches = Callable[[], Iterable[Tensor]]
"""A call gives the same training images again, batch by batch: float32 in [0, 1], [B, 3, H, W]."""


def interpolated(base: Clip, student: Clip, share: float, batches: Batches) -> Clip:
    """The model at `share` of the way, 0 (the base itself) to 1 (the student itself), in evaluation mode.

    In between, batch normalisation gets its statistics anew from training images: its input's mean and variance at
    mixed weights are no mixture of those at the ends (Izmailov et al. 2018, https://arxiv.org/abs/1803.05407).
    """
    if share in (0, 1):
        return frozen_copy(student if share else base)
    mixed = frozen_copy(student)
    start = base.model.state_dict()
    with torch.no_grad():
        for name, end in mixed.model.state_dict().items():
            if end.is_floating_point():
                end.copy_(torch.lerp(start[name], end, share))
    renew_statistics(mixed, batches)
    return mixed


@torch.no_grad()
def renew_statistics(clip: Clip, batches: Batches) -> None:
    """Give each batch normalisation the plain mean of its statistics over `batches`; a model without any stays."""
    layers = [module for module in clip.model.modules() if isinstance(module, _BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a cumulative mean
        layer.train()
    for image_BCHW in batches():
        clip.towers.encode_image(clip.normalised(image_BCHW.to(clip.device)))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
        layer.eval()


def curve(
    way: Callable[[float], Clip], shares: Iterable[float], figure: Callable[[Clip], float], name: str
) -> pd.DataFrame:
    """`figure`, called `name`, of the model at each share of the way: a row a share, ascending."""
    return pd.DataFrame([{SHARE: share, name: figure(way(share))} for share in sorted(set(shares))])


def best_share(curve: pd.DataFrame, name: str) -> float:
    """The share with the largest figure; of equals the smallest, as the base has seen more than these images."""
    return float(curve[SHARE].to_numpy()[curve[name].to_numpy().argmax()])

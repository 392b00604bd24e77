"""Towers that a loss can be taken of: a `Clip`'s image and text vectors, with gradients.

Every function here takes the whole batch and answers with all its vectors, also where several processes share the work.

Shape legend: B = pairs in a batch, D = width of the joint embedding.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from components import text_tower
from components.chunked import chunked
from components.clip import Clip
from components.gathered import shared
from components.pairs import Batch


def image_vectors(clip: Clip, image_BCHW: Tensor, chunk: int = 0) -> Tensor:
    """Unit vectors [B, D] of augmented images in [0, 1]."""

    def encode(own_BCHW: Tensor) -> Tensor:
        return clip.towers.encode_image(clip.normalised(own_BCHW.to(clip.device)), normalize=True)

    return _vectors(clip, encode, image_BCHW, chunk)


def text_vectors(clip: Clip, token_BT: Tensor, chunk: int = 0) -> Tensor:
    """Unit vectors [B, D] of tokenised texts."""
    return _vectors(clip, lambda own_BT: text_tower.text_vectors(clip.towers, own_BT.to(clip.device)), token_BT, chunk)


def _vectors(clip: Clip, encode: Callable[[Tensor], Tensor], rows_B: Tensor, chunk: int) -> Tensor:
    """All rows' unit vectors in fp32: each process encodes its share, in chunks of `chunk` rows if that is not 0."""

    def own_vectors(own_B: Tensor) -> Tensor:
        with torch.autocast(clip.device, torch.bfloat16, enabled=clip.precision == "bf16"):
            own_BD = chunked(encode, own_B, chunk, clip.model)
        return own_BD if own_BD.dtype == torch.float32 else F.normalize(own_BD.float(), dim=-1)

    return shared(own_vectors, rows_B)


def pair_vectors(clip: Clip, batch: Batch, chunk: int = 0) -> tuple[Tensor, Tensor]:
    """Unit vectors of a batch's images and captions, both [B, D]."""
    return image_vectors(clip, batch.image_BCHW, chunk), text_vectors(clip, batch.token_BT, chunk)


def logit_scale(clip: Clip) -> Tensor:
    """The factor before the softmax, 1 to 100."""
    return clip.towers.logit_scale.exp()


def frozen_copy(clip: Clip) -> Clip:
    """The same model, never to be changed: the teacher of a fine-tuning."""
    model = copy.deepcopy(clip.model).eval().requires_grad_(False)
    return replace(clip, model=model)


def compiled(clip: Clip) -> None:
    """Compile the towers in place; copies made before or after are not compiled."""
    clip.towers.visual.compile()
    text = clip.towers.transformer if text_tower.is_plain(clip.model) else clip.towers.text
    text.compile(dynamic=True)  # captions are cut to their lengths


class MovingAverage:
    """The exponential moving average of a model's weights and buffers; the average is the model that is kept."""

    def __init__(self, clip: Clip, decay: float):
        self.clip = clip
        self._average = AveragedModel(clip.model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)

    def update(self) -> None:
        """Move towards the model as it is now."""
        self._average.update_parameters(self.clip.model)

    def averaged(self) -> Clip:
        """The average as a model of its own."""
        model: nn.Module = self._average.module.eval()
        for name, buffer in self.clip.model.named_buffers():  # the average of a mask's -inf is no number
            if not torch.isfinite(buffer).all():
                model.get_buffer(name).copy_(buffer)
        return replace(self.clip, model=model)

    def state_dict(self) -> dict[str, Any]:
        """The average, and how many models it is of."""
        return self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._average.load_state_dict(state)


def seeded(seed: int, *streams: int) -> Iterator[torch.Generator]:
    """Independent generators from one seed, one for each of `streams`."""
    for stream in streams:
        yield torch.Generator().manual_seed(seed * 1_000_003 + stream)

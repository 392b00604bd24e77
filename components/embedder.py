"""Towers that a loss can be taken of: a `Clip`'s image and text vectors, with gradients.

Shape legend: B = pairs in a batch, D = width of the joint embedding.
"""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from components import text_tower
from components.clip import Clip
from components.pairs import Batch


def image_vectors(clip: Clip, image_BCHW: Tensor) -> Tensor:
    """Unit vectors [B, D] of augmented images in [0, 1]."""
    return clip.towers.encode_image(clip.normalised(image_BCHW.to(clip.device)), normalize=True)


def text_vectors(clip: Clip, token_BT: Tensor) -> Tensor:
    """Unit vectors [B, D] of tokenised texts."""
    return text_tower.text_vectors(clip.towers, token_BT.to(clip.device))


def pair_vectors(clip: Clip, batch: Batch) -> tuple[Tensor, Tensor]:
    """Unit vectors of a batch's images and captions, both [B, D]."""
    return image_vectors(clip, batch.image_BCHW), text_vectors(clip, batch.token_BT)


def logit_scale(clip: Clip) -> Tensor:
    """The factor before the softmax, 1 to 100."""
    return clip.towers.logit_scale.exp()


def frozen_copy(clip: Clip) -> Clip:
    """The same model, never to be changed: the teacher of a fine-tuning."""
    model = copy.deepcopy(clip.model).eval().requires_grad_(False)
    return Clip(model, clip.architecture, clip.preprocessing, clip.tokenizer, clip.device)


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
        return Clip(model, self.clip.architecture, self.clip.preprocessing, self.clip.tokenizer, self.clip.device)

    def state_dict(self) -> dict[str, Tensor]:
        """All that an exact continuation needs."""
        return self._average.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue from another's `state_dict`."""
        self._average.load_state_dict(state)


def seeded(seed: int, *streams: int) -> Iterator[torch.Generator]:
    """Independent generators from one seed, one for each of `streams`."""
    for stream in streams:
        yield torch.Generator().manual_seed(seed * 1_000_003 + stream)

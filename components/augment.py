"""Image augmentation on whole batches, strong enough to cross drawing styles.

Shape legend: B = images, H, W = pixels. Images are float32 in [0, 1], three channels.
Randomness comes from the generator that is passed in, so a batch can be drawn again.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from components.learning import Augmentation


def augment(image_BCHW: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """One random view of each image, same shape and range."""
    view_BCHW = moved(image_BCHW, how, generator)
    if how.edges:
        some = chosen(len(view_BCHW), how.edges, generator)
        view_BCHW[some] = outlines(view_BCHW[some])
    if how.colour:
        view_BCHW = recoloured(view_BCHW, how.colour, generator)
    if how.grey:
        some = chosen(len(view_BCHW), how.grey, generator)
        view_BCHW[some] = luminance(view_BCHW[some]).expand(-1, 3, -1, -1)
    if how.negative:
        some = chosen(len(view_BCHW), how.negative, generator)
        view_BCHW[some] = 1 - view_BCHW[some]
    return view_BCHW


def moved(image_BCHW: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """A random crop, rotation and mirror image of each, in one resampling; what lies outside repeats the border."""
    batch = len(image_BCHW)
    scale_B = uniform(batch, how.least_scale, 1, generator)
    angle_B = uniform(batch, -how.rotation_degrees, how.rotation_degrees, generator) * math.pi / 180
    mirror_B = torch.where(chosen(batch, 0.5 if how.flip else 0, generator), -1.0, 1.0)
    shift_B2 = (1 - scale_B)[:, None] * uniform(2 * batch, -1, 1, generator).view(batch, 2)
    cos_B, sin_B = scale_B * angle_B.cos(), scale_B * angle_B.sin()
    rows_B23 = torch.stack([mirror_B * cos_B, -sin_B, shift_B2[:, 0], mirror_B * sin_B, cos_B, shift_B2[:, 1]], dim=1)
    grid = F.affine_grid(rows_B23.view(batch, 2, 3), list(image_BCHW.shape), align_corners=False)
    return F.grid_sample(image_BCHW, grid, padding_mode="border", align_corners=False)


def recoloured(image_BCHW: Tensor, strength: float, generator: Generator) -> Tensor:
    """Random contrast, brightness and saturation: one affine map of the channels for each image."""
    batch = len(image_BCHW)
    contrast_B, saturation_B = (uniform(batch, 1 - strength, 1 + strength, generator) for _ in range(2))
    brightness_B3 = uniform(3 * batch, -strength / 3, strength / 3, generator).view(batch, 3)
    grey_33 = torch.tensor(LUMA).expand(3, 3)
    mix_B33 = saturation_B[:, None, None] * torch.eye(3) + (1 - saturation_B)[:, None, None] * grey_33
    mix_B33 = contrast_B[:, None, None] * mix_B33
    offset_B31 = (0.5 - 0.5 * contrast_B)[:, None, None] + brightness_B3[:, :, None]
    flat_BCP = image_BCHW.flatten(2)
    return torch.baddbmm(offset_B31, mix_B33, flat_BCP).clamp_(0, 1).view_as(image_BCHW)


LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in perceived lightness (ITU-R BT.601)."""


def luminance(image_BCHW: Tensor) -> Tensor:
    """Lightness, [B, 1, H, W], in [0, 1]."""
    return torch.tensordot(image_BCHW, torch.tensor(LUMA), dims=([1], [0]))[:, None]


def outlines(image_BCHW: Tensor) -> Tensor:
    """Dark lines on white where the lightness changes: the Sobel gradient's size, scaled to each image's largest."""
    if not len(image_BCHW):
        return image_BCHW
    ramp = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = torch.stack([ramp, ramp.T])[:, None]
    padded = F.pad(luminance(image_BCHW), (1, 1, 1, 1), mode="replicate")
    size_B1HW = F.conv2d(padded, kernels).square_().sum(dim=1, keepdim=True).sqrt_()
    largest = size_B1HW.amax(dim=(2, 3), keepdim=True).clamp_min(1e-3)
    return (1 - (1.5 * size_B1HW / largest).clamp_max(1)).expand(-1, 3, -1, -1)


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def chosen(count: int, share: float, generator: Generator) -> Tensor:
    """A mask of `count`, each true with chance `share`."""
    return torch.rand(count, generator=generator) < share

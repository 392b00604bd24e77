"""What a label weighs by its number of images, so that the few are heard beside the many.

Shape legend: C = classes of the task.
"""

import torch
from torch import Tensor


def class_weights(count_C: Tensor, beta: float) -> Tensor:
    """(1 - b) / (1 - b^n) for a class of n images, [C], scaled so that the mean over all images is 1.

    From alike (b = 0) to inversely proportional to n (b -> 1); a class without images weighs 0. The effective number
    of samples: Cui et al. 2019, https://arxiv.org/abs/1901.05555
    """
    number_C = count_C.double()
    raw_C = torch.where(count_C > 0, (1 - beta) / (1 - beta ** number_C.clamp_min(1)), 0.0)
    return (raw_C * number_C.sum() / (raw_C * number_C).sum()).float()


def log_frequency(count_C: Tensor) -> Tensor:
    """Logarithm of each class's share of the images, [C]; one image is added to each, so that none is -inf.

    Added to the logits in training alone, it asks frequent classes to win by more (logit adjustment).
    Menon et al. 2021, https://arxiv.org/abs/2007.07314
    """
    return ((count_C + 1) / (count_C + 1).sum()).log()

"""Large batches in little memory: vectors in chunks whose activations are forgotten and computed anew for the gradient.

The loss sees the vectors of the whole batch, so loss and gradients are the large batch's. Only one chunk's activations
are in memory at a time; the towers are run forward twice. Gao et al. 2021, GradCache, https://arxiv.org/abs/2101.06983,
by PyTorch's activation checkpointing, which also replays the towers' own randomness.

Under batch normalisation each chunk has its own statistics, as in ghost batch normalisation (Hoffer et al. 2017,
https://arxiv.org/abs/1705.08741): the gradient is exact for that model, which is another than the unchunked one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from components.notes import note


def chunked(encode: Callable[[Tensor], Tensor], rows_B: Tensor, size: int, model: nn.Module) -> Tensor:
    """`encode(rows_B)`, computed in chunks of `size` rows; 0 is all at once. `model` is what `encode` runs."""
    if not size or len(rows_B) <= size:
        return encode(rows_B)
    if not torch.is_grad_enabled():
        return torch.cat([encode(chunk) for chunk in rows_B.split(size)])

    def vectors(chunk: Tensor) -> Tensor:
        return checkpoint(
            encode, chunk, use_reentrant=False, context_fn=lambda: (nullcontext(), still_statistics(model))
        )

    return torch.cat([vectors(chunk) for chunk in rows_B.split(size)])


def note_if_norms_see_chunks(stage: str, model: nn.Module, size: int) -> None:
    """Say where chunks make another model, and not only the same one in less memory."""
    if size and any(isinstance(module, _BatchNorm) for module in model.modules()):
        words = (
            f"{stage}.optimiser.chunk_pairs is {size}, and this model normalises over batches: it sees {size} pairs at "
            "a time and learns otherwise than from whole batches. Set it to 0 where the memory holds them."
        )
        note(stage, words)


@contextmanager
def still_statistics(model: nn.Module) -> Iterator[None]:
    """Batch statistics are used and not noted a second time."""
    noting = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    before = [(module.momentum, module.num_batches_tracked) for module in noting]
    for module in noting:
        module.momentum = 0.0
        module.num_batches_tracked = None if module.num_batches_tracked is None else module.num_batches_tracked.clone()
    try:
        yield
    finally:
        for module, (momentum, batches) in zip(noting, before, strict=True):
            module.momentum, module.num_batches_tracked = momentum, batches

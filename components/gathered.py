"""One training in one process or in many: every process runs the same program, and only the towers' work is shared out.

Started by `torchrun`, each process draws the same batches from the same seeds, so the global batch is the one that a
single process would see. `shared` gives each process its slice of rows to encode and gathers the vectors with their
gradient; then every process takes the same loss of all vectors. Backward goes from loss / processes, and the sum of
the processes' gradients (`sum_gradients`) is the gradient of the whole: of what passed through slices and of what
every process computed alike. Drawing and augmentation are repeated in every process, which costs CPU time and spares
every loss term and teacher the question whose rows it sees.

Shape legend: B = rows of the global batch, D = width of the joint embedding, C = channels.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Within this block the processes that `torchrun` started know each other; a single process has nobody to know."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return processes() == 1 or dist.get_rank() == 0


def shared(encode: Callable[[Tensor], Tensor], rows_B: Tensor) -> Tensor:
    """`encode` of all rows, [B, D], of which each process computes its slice; with gradient if `encode` has one.

    Fewer rows than processes are encoded in each.
    """
    count = processes()
    if count == 1 or len(rows_B) < count:
        return encode(rows_B)
    slices = torch.arange(len(rows_B)).tensor_split(count)
    own = slices[dist.get_rank()]
    own_BD = encode(rows_B[own])
    before, after = int(own[0]), len(rows_B) - 1 - int(own[-1])
    return _Sum.apply(F.pad(own_BD, (0, 0, before, after)))  # zeros where others' vectors go: the sum is exact


class _Sum(torch.autograd.Function):
    """The sum over all processes, forward and backward."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        total = own.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


def sum_gradients(model: nn.Module) -> None:
    """Replace each weight's gradient by the sum over all processes."""
    if processes() == 1:
        return
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(flat)
    for gradient, total in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(total.view_as(gradient))


def from_first(value: float) -> float:
    """The first process's `value`, in all: a decision must be one, though no two processors add alike."""
    if processes() == 1:
        return value
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    held = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(held, src=0)
    return held.item()


def check_shares(batch: int, stage: str) -> None:
    """Refuse a batch that the processes cannot share evenly: each would wait for statistics the others do not send.

    Raises:
        ValueError: `batch` is no multiple of the number of processes.
    """
    if batch % processes():
        raise ValueError(
            f"A step has {batch} pairs, and {processes()} processes cannot share them evenly. Choose "
            f"{stage}.optimiser.batch_pairs in params.yaml (and no more than there are images) as a multiple of the "
            "processes, or start fewer."
        )


class GatheredBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation over the batch of all processes, on CPU and GPU (`nn.SyncBatchNorm` knows GPUs alone).

    Same weights and state as `nn.BatchNorm2d`; in evaluation, and in a single process, the very same function.
    """

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if not self.training or processes() == 1:
            return super().forward(x_BCHW)
        x = x_BCHW.float()
        sums = cast(Tensor, _Sum.apply(torch.cat([x.sum(dim=(0, 2, 3)), x.new_tensor([x.numel() / x.shape[1]])])))
        count = sums[-1].detach()
        centred = x - (sums[:-1] / count)[:, None, None]
        variance_C = cast(Tensor, _Sum.apply(centred.square().sum(dim=(0, 2, 3)))) / count
        self._note(sums[:-1].detach() / count, variance_C.detach() * count / (count - 1))
        scale_C = (variance_C + self.eps).rsqrt() * self.weight
        return (centred * scale_C[:, None, None] + self.bias[:, None, None]).to(x_BCHW.dtype)

    def _note(self, mean_C: Tensor, variance_C: Tensor) -> None:
        """Move the running statistics towards this batch's."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean_C, share)
        self.running_var.lerp_(variance_C, share)


def gather_batch_norms(model: nn.Module) -> None:
    """From now on `model`'s batch normalisations are over all processes, in place."""
    if processes() > 1:
        for module in model.modules():
            if type(module) is nn.BatchNorm2d:
                module.__class__ = GatheredBatchNorm2d

"""The training loop: it yields a report a step; the caller logs, saves and stops."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from components.learning import Optimisation

Item = TypeVar("Item")


@dataclass(frozen=True)
class StepReport:
    """What one optimiser step saw: the weighted terms by name, `total` among them, and the learning rate."""

    step: int
    terms: dict[str, float]
    learning_rate: float


def warmup_cosine(step: int, *, steps: int, warmup: int, peak: float) -> float:
    """Learning rate at `step` (from 0): a linear climb over `warmup` steps, then half a cosine down to 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def fit(
    model: nn.Module,
    batches: Iterable[Item],
    terms_of: Callable[[Item], dict[str, Tensor]],
    how: Optimisation,
) -> Iterator[StepReport]:
    """Minimise the sum of `terms_of(batch)` over `model`'s trainable weights by AdamW, one report a step.

    Raises:
        ValueError: a term is not finite; the message names the step, the term and the mend.
    """
    optimiser = torch.optim.AdamW(
        parameter_groups(model, how.weight_decay), lr=how.learning_rate, betas=(0.9, 0.98), eps=1e-6, fused=True
    )
    for step, batch in zip(range(how.steps), batches, strict=False):
        rate = warmup_cosine(step, steps=how.steps, warmup=how.warmup_steps, peak=how.learning_rate)
        for group in optimiser.param_groups:
            group["lr"] = rate
        terms = terms_of(batch)
        total = torch.stack(list(terms.values())).sum()
        values = {name: term.item() for name, term in terms.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise ValueError(
                    f"step {step}: the term `{name}` is {value}. Lower optimiser.learning_rate of this stage."
                )
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        optimiser.step()
        clamp_logit_scale(model)
        yield StepReport(step, {"total": total.item(), **values}, rate)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay for matrices and filters; none for gains, biases and the logit scale, as CLIP trains."""
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    return [
        {"params": [weight for weight in trainable if weight.ndim >= 2], "weight_decay": weight_decay},
        {"params": [weight for weight in trainable if weight.ndim < 2], "weight_decay": 0.0},
    ]


def clamp_logit_scale(model: nn.Module) -> None:
    """Keep CLIP's logit scale between 1 and 100, as its authors do."""
    scale = getattr(model, "logit_scale", None)
    if scale is not None:
        with torch.no_grad():
            scale.clamp_(0, math.log(100))

"""The training loop: it yields a report a step; the caller logs, saves and stops."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from components.gathered import processes, sum_gradients
from components.learning import Optimisation
from components.memory import out_of_memory

Item = TypeVar("Item")


@dataclass(frozen=True)
class StepReport:
    """What one optimiser step saw: the weighted terms by name, `total` among them, and the learning rate."""

    step: int
    terms: dict[str, float]
    learning_rate: float
    figures: dict[str, float] = field(default_factory=dict)
    """What was measured after the step, on steps where something was."""

    def row(self) -> dict[str, float]:
        """The report as a line of `curve.csv`."""
        return {"step": self.step, "learning_rate": self.learning_rate, **self.terms, **self.figures}


def warmup_cosine(step: int, *, steps: int, warmup: int, peak: float) -> float:
    """Learning rate at `step` (from 0): a linear climb over `warmup` steps, then half a cosine down to 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


class Fit(Generic[Item]):
    """AdamW on `model`'s trainable weights against the sum of `terms_of(batch, step)`.

    Iterating takes the steps that are left and yields a report of each; between two of them the state may be kept.
    `ids_of` names all records of a batch, for the message about one that breaks the training, and `stage` the section
    of params.yaml; `after_step` is told of each batch when its step is taken, before the report.
    """

    def __init__(
        self,
        model: nn.Module,
        batches: Iterable[Item],
        terms_of: Callable[[Item, int], dict[str, Tensor]],
        how: Optimisation,
        ids_of: Callable[[Item], Sequence[str]],
        after_step: Callable[[Item, int], None] = lambda batch, step: None,
        *,
        stage: str,
    ):
        self.model, self.batches, self.terms_of, self.how = model, batches, terms_of, how
        self.ids_of, self.after_step, self.stage = ids_of, after_step, stage
        self.optimiser = torch.optim.AdamW(
            parameter_groups(model, how.weight_decay), lr=how.learning_rate, betas=(0.9, 0.98), eps=1e-6, fused=True
        )
        self.steps_taken = 0

    def __iter__(self) -> Iterator[StepReport]:
        batches = itertools.islice(self.batches, self.how.steps - self.steps_taken)
        while True:
            try:
                report = self._step(next(batches))
            except StopIteration:
                return
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                raise ValueError(
                    f"step {self.steps_taken}: the memory does not hold a step of {self.how.batch_pairs} pairs. Lower "
                    f"{self.stage}.optimiser.batch_pairs in params.yaml, or set {self.stage}.optimiser.chunk_pairs to "
                    "a part of it."
                ) from None
            yield report

    def _step(self, batch: Item) -> StepReport:
        """One step.

        Raises:
            ValueError: a term or the gradient is not finite; no weight has moved.
        """
        step = self.steps_taken
        rate = warmup_cosine(step, steps=self.how.steps, warmup=self.how.warmup_steps, peak=self.how.learning_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        terms = self.terms_of(batch, step)
        total = torch.stack(list(terms.values())).sum()
        values = {name: term.item() for name, term in terms.items()}
        for name, value in values.items():
            self._check(value, f"the term `{name}`", batch)
        (total / processes()).backward()
        sum_gradients(self.model)
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        self._check(torch.nn.utils.get_total_norm(gradients).item(), "the size of the gradient", batch)
        self.optimiser.step()
        clamp_logit_scale(self.model)
        self.after_step(batch, step)
        self.steps_taken += 1
        return StepReport(step, {"total": total.item(), **values}, rate)

    def _check(self, value: float, what: str, batch: Item) -> None:
        if math.isfinite(value):
            return
        ids = list(self.ids_of(batch))
        raise ValueError(
            f"step {self.steps_taken}: {what} is {value} on a batch of {len(ids)} records. "
            f"Lower {self.stage}.optimiser.learning_rate in params.yaml, or look at these records: {', '.join(ids)}"
        )

    def state_dict(self) -> dict[str, Any]:
        """Weights, optimiser and how many steps are taken."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps_taken": self.steps_taken,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps_taken = state["steps_taken"]


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

"""Steps of the tiles' student as one of the processes that the environment names; gradients and terms to a file."""

import sys
from pathlib import Path

import torch

from components.gathered import is_first
from components.machine import used
from tests.train.tiles import EVERYTHING, student

SLOW = EVERYTHING.optimiser.model_copy(update={"learning_rate": 1e-5})
PARAMS = EVERYTHING.model_copy(update={"optimiser": SLOW})
"""Adam makes a whole step of a last bit where the gradient is nearly 0: with small steps that stays small."""

LAST = 4
"""Number of the last step, from 0: the bank opens behind two, pairs are judged behind three."""


def main(out: Path) -> None:
    with used(PARAMS.machine):
        taught = student(PARAMS)
        rows, gradients = [], []
        for report in taught.fit():
            rows.append(report.terms)
            gradients.append({name: weight.grad.clone() for name, weight in taught.clip.model.named_parameters()})
            if report.step == LAST:
                break
        statistics = dict(taught.clip.model.visual.bn1.named_buffers())
        kept = {"rows": rows, "gradients": gradients, "statistics": statistics}
        torch.save(kept, out if is_first() else out.with_suffix(".second"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

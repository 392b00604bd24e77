"""Two steps of the tiles' student as one of the processes that the environment names; gradients and terms to a file."""

import sys
from pathlib import Path

import torch

from components.gathered import is_first
from components.machine import used
from tests.train.tiles import PARAMS, student


def main(out: Path) -> None:
    with used(PARAMS.machine):
        taught = student()
        rows, gradients = [], []
        for report in taught.fit():
            rows.append(report.terms)
            gradients.append({name: weight.grad.clone() for name, weight in taught.clip.model.named_parameters()})
            if report.step == 1:
                break
        statistics = dict(taught.clip.model.visual.bn1.named_buffers())
        kept = {"rows": rows, "gradients": gradients, "statistics": statistics}
        torch.save(kept, out if is_first() else out.with_suffix(".second"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

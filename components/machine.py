"""What a training computes on: threads, device, precision and processes, as its settings say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from components.clip import Clip, check_device
from components.gathered import joined
from components.learning import Machine


@contextmanager
def used(machine: Machine) -> Iterator[dict[str, torch.Generator]]:
    """PyTorch computes as `machine` says within this block; yields the seeded global generators, which layers use.

    Raises:
        ValueError: the device is not there.
    """
    check_device(machine.device)
    torch.set_num_threads(machine.threads)
    with joined(machine.device), torch.random.fork_rng():
        torch.manual_seed(machine.seed)
        chance = {"chance": torch.default_generator}
        if machine.device == "cuda":
            chance["chance_on_gpu"] = torch.cuda.default_generators[torch.cuda.current_device()]
        yield chance


def placed(clip: Clip, machine: Machine) -> Clip:
    """`clip` on the machine's device and in its precision, moved in place."""
    clip.model.to(machine.device)
    return replace(clip, device=machine.device, precision=machine.precision)

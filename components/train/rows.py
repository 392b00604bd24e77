"""What is known of the selection's rows beside their pixels, and what a batch's pairs have in common.

Shape legend: N = rows of the selection, B = pairs in a batch, A, M = pairs of any two lists, C = classes, T = context
length. *_B2, *_A2 and *_M2 hold the rows of a pair and of its partner, twice the same where it stands alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from components.pairs import Batch
from components.task import Task
from components.tokens import Tokenizer


@dataclass(frozen=True)
class Rows:
    """Labels and captions of the selection as numbers, and how the classes are called."""

    label_N: Tensor
    """Number of each row's pseudo-label."""
    caption_N: Tensor
    """A number for each row's caption, equal where the tokens are."""
    taught_N: Tensor
    """Rows that the student learns from; a row held out teaches nothing and counts for nothing."""
    prompts: tuple[Tensor, ...]
    """The tokens of every class's prompt, [C, T], for each template."""


def numbered(labels: Sequence[str], caption_NT: Tensor, taught_N: Tensor, task: Task, tokenizer: Tokenizer) -> Rows:
    """From pseudo-labels by name and captions by tokens."""
    numbers = {name: number for number, name in enumerate(task.names)}
    label_N = torch.tensor([numbers[label] for label in labels])
    caption_N = caption_NT.unique(dim=0, return_inverse=True)[1]
    return Rows(label_N, caption_N, taught_N, tuple(tokenizer(task.prompts(template)) for template in task.templates))


def pair_rows(batch: Batch) -> Tensor:
    """The rows of each pair and of its partner, [B, 2]; of a pair that stands alone its own row twice."""
    return torch.stack([batch.row_B, torch.where(batch.composed_B, batch.partner_B, batch.row_B)], dim=1)


def share(number_N: Tensor, one_A2: Tensor, other_M2: Tensor) -> Tensor:
    """Whether two pairs have a number in common, [A, M]: that of a caption, or that of a label."""
    return (number_N[one_A2][:, None, :, None] == number_N[other_M2][None, :, None, :]).flatten(2).any(dim=2)

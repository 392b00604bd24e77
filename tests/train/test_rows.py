"""What pairs have in common: captions and labels, of either part of a composition."""

import torch

from components.pairs import Batch
from components.partners import NOBODY
from components.task import Task, parse_labels
from components.train.rows import numbered, pair_rows, share


def test_labels_captions_and_prompts_become_numbers():
    caption_NT = torch.tensor([[1, 5, 9], [1, 4, 9], [1, 5, 9]])
    task = Task(parse_labels(["nut", "bolt"]), ("{}", "a {}"))
    rows = numbered(
        ["bolt", "nut", "bolt"],
        caption_NT,
        torch.arange(3),
        task,
        lambda texts: torch.tensor([[len(text)] for text in texts]),
    )
    assert rows.label_N.tolist() == [1, 0, 1]
    assert rows.caption_N[0] == rows.caption_N[2] != rows.caption_N[1]
    assert [prompt_CT.tolist() for prompt_CT in rows.prompts] == [[[3], [4]], [[5], [6]]]


def test_a_composition_shares_what_either_of_its_parts_has():
    caption_N = torch.tensor([7, 8, 9, 8])
    batch = Batch(torch.tensor([0, 2]), torch.zeros(2), torch.zeros(2, 3), torch.tensor([1, NOBODY]))
    rows_B2 = pair_rows(batch)
    assert rows_B2.tolist() == [[0, 1], [2, 2]]
    bank_K2 = torch.tensor([[0, 0], [3, 3], [2, 3]])  # captions 7, 8, and 9 with 8
    assert share(caption_N, rows_B2, bank_K2).tolist() == [[True, True, True], [False, False, True]]

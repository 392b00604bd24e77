"""What a single process can show of many: shares that must be even, and batch normalisation that is the usual one."""

import pytest
import torch
from torch import nn

from components import gathered
from components.gathered import GatheredBatchNorm2d, check_shares, gather_batch_norms, shared


def test_a_batch_that_cannot_be_shared_evenly(monkeypatch):
    check_shares(65, "train")
    monkeypatch.setattr(gathered, "processes", lambda: 2)
    check_shares(64, "train")
    with pytest.raises(ValueError, match=r"A step has 65 pairs, and 2 processes cannot share them evenly. Choose"):
        check_shares(65, "train")


def test_a_single_process_encodes_everything_itself():
    row_BF = torch.randn(5, 3)
    assert torch.equal(shared(lambda own_BF: 2 * own_BF, row_BF), 2 * row_BF)


def test_alone_it_is_batch_normalisation():
    usual, ours = nn.BatchNorm2d(3), GatheredBatchNorm2d(3)
    image_BCHW = torch.randn(4, 3, 5, 5)
    assert torch.equal(ours(image_BCHW), usual(image_BCHW))
    assert torch.equal(ours.running_var, usual.running_var)


def test_many_processes_change_the_kind_of_a_layer_and_not_its_state(monkeypatch):
    model = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU())
    names = list(model.state_dict())
    gather_batch_norms(model)
    assert type(model[0]) is nn.BatchNorm2d
    monkeypatch.setattr(gathered, "processes", lambda: 2)
    gather_batch_norms(model)
    assert type(model[0]) is GatheredBatchNorm2d and list(model.state_dict()) == names

"""What labels weigh, worked out by hand."""

import math

import pytest
import torch

from components.train.class_balance import class_weights, log_frequency


def test_weights_of_one_and_two_images():
    # b = 1/2: raw 0.5 / 0.5 = 1 and 0.5 / 0.75 = 2/3; over the three images 1 + 2/3 + 2/3 = 7/3, mean 7/9
    assert class_weights(torch.tensor([1, 2]), 0.5).tolist() == pytest.approx([9 / 7, 6 / 7])


def test_without_beta_all_weigh_alike_and_near_one_by_the_inverse():
    count = torch.tensor([1, 4, 5])
    assert class_weights(count, 0.0).tolist() == [1.0, 1.0, 1.0]
    assert class_weights(count, 1 - 1e-9).tolist() == pytest.approx([10 / 3, 10 / 12, 10 / 15], rel=1e-5)


def test_the_mean_over_images_is_one_and_a_label_without_images_weighs_nothing():
    count = torch.tensor([1, 0, 160])
    weight = class_weights(count, 0.999)
    assert weight[1] == 0 and (weight * count).sum().item() == pytest.approx(161)


def test_log_frequency_adds_one_image_to_each_label():
    assert log_frequency(torch.tensor([0, 2])).tolist() == pytest.approx([math.log(1 / 4), math.log(3 / 4)])

"""The base learns from the named sources alone."""

import pandas as pd
import pytest
import torch

from components.pretrain.learn import check_captions, of_sources

RECORDS = pd.DataFrame({"id": ["a", "b", "c"], "source": ["shop", "blog", "shop"]})


def test_only_the_named_sources_teach():
    kept = of_sources(RECORDS, ["shop"])
    assert kept["id"].tolist() == ["a", "c"] and kept.index.tolist() == [0, 1]


def test_a_source_that_does_not_exist():
    with pytest.raises(ValueError, match=r"params.yaml: pretrain.sources names `shops`. Did you mean `shop`\?"):
        of_sources(RECORDS, ["shops"])


def test_captions_that_are_all_the_same_teach_nothing():
    token_NT = torch.tensor([[1, 5, 2]] * 3)
    with pytest.raises(
        ValueError, match=r"params.yaml: all 3 captions of pretrain.sources are `a part`, and pairs with"
    ):
        check_captions(["a part"] * 3, token_NT)
    token_NT[2, 1] = 6
    check_captions(["a part", "a part", "a nut"], token_NT)

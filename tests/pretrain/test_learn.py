"""The base learns from the named sources alone."""

import pandas as pd
import pytest

from components.pretrain.learn import of_sources

RECORDS = pd.DataFrame({"id": ["a", "b", "c"], "source": ["shop", "blog", "shop"]})


def test_only_the_named_sources_teach():
    kept = of_sources(RECORDS, ["shop"])
    assert kept["id"].tolist() == ["a", "c"] and kept.index.tolist() == [0, 1]


def test_a_source_that_does_not_exist():
    with pytest.raises(ValueError, match=r"params.yaml: pretrain.sources names `shops`. Did you mean `shop`\?"):
        of_sources(RECORDS, ["shops"])

"""What the index's tests share: 400 saved pairs of width 16."""

import pytest

from tests.index.made import gapped_pairs, save_pairs


@pytest.fixture(scope="session")
def pairs():
    return gapped_pairs(400, 16, seed=1)


@pytest.fixture(scope="session")
def vectors(pairs, tmp_path_factory):
    return save_pairs(tmp_path_factory.mktemp("embed"), *pairs)

"""What the benchmarks' tests share: 400 saved pairs of width 16, with a gap."""

import pytest

from tests.index.made import gapped_pairs, save_pairs


@pytest.fixture(scope="session")
def vectors(tmp_path_factory):
    return save_pairs(tmp_path_factory.mktemp("embed"), *gapped_pairs(400, 16, seed=1))

"""Which stages a refreshed corpus goes through."""

from pathlib import Path

import pytest

from flows.graph import stage_order
from flows.refresh import LAST_STAGE, stages_up_to

ROOT = Path(__file__).parents[2]


def test_the_stages_up_to_the_index_and_no_other() -> None:
    wanted = ["collect", "validate", "pretrain", "embed", "index"]
    assert stages_up_to(LAST_STAGE, stage_order(ROOT)) == wanted


def test_a_project_without_that_stage_is_told_so() -> None:
    with pytest.raises(LookupError, match=r"no stage `index`\. Its stages: collect, train"):
        stages_up_to("index", ["collect", "train"])

"""What two published runs differ by."""

from pathlib import Path

import pandas as pd
import pytest

from flows.difference import Change, changed_settings, domain_gains, gain_of, in_words, paired_gain
from flows.promotion import Gain
from tests.flows.published_runs import published_run


def predictions(file: Path, right: dict[str, str], ids: int = 4) -> Path:
    """For each domain, `1` where the student is right about an image, `0` where it is not."""
    rows = [
        {"id": f"{domain}{number}", "domain": domain, "label": "bolt", "student_label": "bolt" if hit == "1" else "nut"}
        for domain, hits in right.items()
        for number, hit in enumerate(hits[:ids])
    ]
    pd.DataFrame(rows).to_parquet(file)
    return file


def test_settings_changed_lost_and_new() -> None:
    before, after = {"a.x": "1", "a.y": "2", "gone": "3"}, {"a.y": "5", "new": "4", "a.x": "1"}
    assert changed_settings(before, after) == [Change("a.y", "2", "5"), Change("new", "", "4"), Change("gone", "3", "")]


def test_the_paired_gain_is_the_mean_over_the_domains(tmp_path: Path) -> None:
    """pencil: two of four more right, +50; line: the same answers, 0. Mean 25, though line has the same weight."""
    before = predictions(tmp_path / "b.parquet", {"pencil": "1000", "line": "1100"})
    after = predictions(tmp_path / "a.parquet", {"pencil": "1110", "line": "1100"})
    gain = paired_gain(before, after)
    assert gain is not None
    assert gain.points == 25.0
    assert 0 <= gain.low < 25 < gain.high <= 50  # nothing got worse, so no resample is below 0


def test_other_images_are_not_compared(tmp_path: Path) -> None:
    before = predictions(tmp_path / "b.parquet", {"pencil": "1000"})
    after = predictions(tmp_path / "a.parquet", {"pencil": "1110"}, ids=3)
    assert paired_gain(before, after) is None
    assert paired_gain(None, after) is None


def test_gains_read_from_a_published_run() -> None:
    run = published_run("r1", gain=(5.0, 3.0, 7.0), domains={"line": 4.0})
    assert gain_of(run) == Gain(5.0, 3.0, 7.0)
    assert domain_gains(run) == {"line": Gain(4.0, 4.0, 4.0)}
    assert gain_of(published_run("r2")) is None


@pytest.mark.parametrize("gain", [Gain(1.5, -0.5, 3.5), None], ids=["paired", "incomparable"])
def test_the_note_says_the_gain_and_the_settings(gain: Gain | None) -> None:
    words = in_words("version 1", [Change("train.steps", "600", "a|b")], gain)
    assert ("**+1.5 points** (-0.5 to +3.5)" in words) == (gain is not None)
    assert ("not comparable" in words) == (gain is None)
    assert words.splitlines()[-1] == "| train.steps | `600` | `a¦b` |"
    assert in_words("version 1", [], gain).endswith("No setting differs.")

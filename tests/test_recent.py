"""Recent inputs: which files, what is broken, which bounds are passed, and a whole look with a small true model."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.drift import TwoSample
from components.recent import Drift, MonitorParams, compare, look, recent_files, sound_images
from tests.watched import make_student

PARAMS = MonitorParams(
    images=40,
    least_images=5,
    permutations=99,
    significance=0.05,
    most_mmd2=0.1,
    most_centroid_shift=0.5,
    most_gap_change=0.2,
    seed=1,
    threads=1,
)


def drift(mmd2: float = 0.0, p: float = 0.5, shift: float = 0.0, now: float = 1.0) -> Drift:
    return Drift(
        images=9, broken_images=0, reference_images=9, gap_then=1.0, gap_now=now, centroid_shift=shift,
        test=TwoSample(mmd2=mmd2, p_value=p, threshold=0.01, bandwidth=1.0),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (drift(), []),
        (drift(mmd2=0.3, p=0.06), []),  # large, but it may be chance
        (drift(mmd2=0.09, p=0.01), []),  # sure, but small
        (drift(mmd2=0.3, p=0.05), ["MMD² 0.300 > 0.1 (p = 0.05)"]),
        (drift(shift=0.51), ["centroid shift 0.510 > 0.5"]),
        (drift(now=0.75), ["gap change 0.250 > 0.2"]),
        (drift(now=1.25), ["gap change 0.250 > 0.2"]),
    ],
    ids=["none", "by-chance", "small", "mmd", "shift", "gap-closed", "gap-opened"],
)
def test_bounds_that_are_passed(seen: Drift, said: list[str]) -> None:
    assert seen.passed_bounds(PARAMS) == said


def test_a_folder_gives_its_latest_images_however_deep(tmp_path: Path) -> None:
    for age, name in enumerate(["new.png", "deep/middle.jpg", "old.webp", "notes.txt"]):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"")
        os.utime(file, (1000 - age, 1000 - age))
    assert [file.name for file in recent_files(tmp_path, 2)] == ["middle.jpg", "new.png"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_table_gives_its_last_rows_beside_itself(tmp_path: Path, kind: str) -> None:
    table = pd.DataFrame({"when": [1, 2, 3], "file": ["a.png", "b.png", "c.png"]})
    file = tmp_path / f"recent.{kind}"
    write = {"csv": table.to_csv, "parquet": table.to_parquet}
    table.to_json(file, orient="records", lines=True) if kind == "jsonl" else write[kind](file)
    assert recent_files(file, 2) == [tmp_path / "b.png", tmp_path / "c.png"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: None, "does not exist. Name a folder of images"),
        (lambda place: place.mkdir(), "holds no image"),
        (lambda place: place.write_text(""), "is neither a folder nor a .csv, .parquet, .jsonl table"),
    ],
    ids=["missing", "empty", "no-table"],
)
def test_a_place_without_images_is_refused(tmp_path: Path, make, message: str) -> None:
    make(tmp_path / "recent")
    with pytest.raises(ValueError, match=message):
        recent_files(tmp_path / "recent", 5)


def test_a_table_without_a_column_of_files_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"paths": ["a.png"]}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"no column of image files: call it one of path, .* Did you mean `paths`"):
        recent_files(tmp_path / "t.csv", 5)


def test_broken_files_are_counted_and_left_out(tmp_path: Path, picture) -> None:
    picture(1).save(tmp_path / "sound.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    broken: list[Path] = []
    files = [tmp_path / name for name in ("sound.png", "broken.png", "missing.png")]
    assert len(list(sound_images(files, broken))) == 1
    assert broken == files[1:]


def test_too_few_images_prove_nothing(unit_rows) -> None:
    few = unit_rows(4, 3, seed=1)
    with pytest.raises(ValueError, match=r"Recent images that can be read: only 4 \(2 cannot\)\. monitor.least_images"):
        compare(few, few, few, broken=2, params=PARAMS)


def test_gaps_and_shift_in_closed_form() -> None:
    """Images from east to north, labels in the west: 2 and √2 apart; the images themselves √2."""
    east, north, west = (np.tile(row, (6, 1)).astype(np.float32) for row in ([1, 0], [0, 1], [-1, 0]))
    seen = compare(east, north, west, broken=1, params=PARAMS)
    assert (seen.gap_then, seen.broken_images, seen.images) == (2.0, 1, 6)
    assert (seen.gap_now, seen.centroid_shift) == pytest.approx((np.sqrt(2), np.sqrt(2)))
    assert seen.figures["gap_change"] == pytest.approx(np.sqrt(2) - 2)
    assert seen.test.p_value == 0.01


@pytest.mark.slow
def test_a_whole_look_tells_the_same_images_from_inverted_ones(tmp_path: Path, picture) -> None:
    """The small model, untrained: its vectors of pictures and of their negatives lie apart all the same."""
    make_student(tmp_path, picture)

    def seen(name: str) -> Drift:
        data, files = tmp_path / "data", recent_files(tmp_path / name, PARAMS.images)
        retrieve, corpus = data / "retrieve", data / "collect" / "corpus"
        return look(data / "train", retrieve / "labels.json", retrieve / "selection.parquet", corpus, files, PARAMS)

    same, inverted = seen("same"), seen("inverted")
    assert (same.images, same.reference_images) == (30, 30)
    assert same.test.p_value > 0.05 > inverted.test.p_value
    assert inverted.centroid_shift > 2 * same.centroid_shift

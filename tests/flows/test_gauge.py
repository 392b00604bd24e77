"""How far a stage is, as its own bars say it."""

from uuid import uuid4

import pytest

from flows import gauge
from flows.gauge import Gauge, percent_shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("images                  :  42%|####      | 42/100 [00:12<00:17,  3.33 image/s]", ("images", 42.0)),
        ("fitting                 : 100%|##########| 12/12 [00:24<00:00,  2.00s/ step]", ("fitting", 100.0)),
        ("images                  : 42 image [00:12,  3.33 image/s]", None),  # of an unknown number
        ("mean accuracy: 42%", None),
        ("", None),
    ],
    ids=["half way", "done", "no total", "a sentence", "empty"],
)
def test_a_bar_s_line_says_what_and_how_far(line: str, shown: tuple[str, float] | None) -> None:
    assert percent_shown(line) == shown


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str]]:
    """What the run's page is told."""
    told: list[tuple[float, str]] = []
    made = uuid4()

    def create(progress: float, key: str, description: str) -> object:
        assert key == "progress-train"
        told.append((progress, description))
        return made

    def update(artifact: object, progress: float, description: str) -> None:
        assert artifact == made
        told.append((progress, description))

    monkeypatch.setattr(gauge, "create_progress_artifact", create)
    monkeypatch.setattr(gauge, "update_progress_artifact", update)
    return told


def test_the_page_moves_at_most_every_three_seconds_and_ends_full(page: list[tuple[float, str]]) -> None:
    seconds = iter([0.0, 0.0, 1.0, 2.9, 3.0, 3.0])  # asked at each bar, and once more when the page was told
    shown = Gauge("train", clock=lambda: next(seconds))
    for percent in (10, 20, 30, 40):
        shown.read(f"fitting: {percent:3d}%|##")
    shown.read("loss 0.3")
    shown.full()
    assert page == [(10.0, "train: fitting"), (40.0, "train: fitting"), (100.0, "train: done")]


def test_a_stage_without_bars_leaves_none(page: list[tuple[float, str]]) -> None:
    shown = Gauge("train")
    shown.read("12 records")
    shown.full()
    assert page == []


def test_a_page_that_cannot_be_told_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []

    class Log:
        warning = staticmethod(warnings.append)

    def refuse(*given: object, **named: object) -> None:
        raise ConnectionError("the server is down")

    monkeypatch.setattr(gauge, "create_progress_artifact", refuse)
    monkeypatch.setattr(gauge, "get_run_logger", Log)
    shown = Gauge("train", clock=iter([0.0, 0.0, 9.0, 9.0]).__next__)
    shown.read("fitting:  10%|##")
    shown.read("fitting:  90%|##")
    assert len(warnings) == 1 and "the server is down" in warnings[0]

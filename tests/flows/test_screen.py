"""A stage's output as lines of a log and as live text."""

import io

import pytest

from flows.screen import Screen, StageOutput

STAGES = {"collect": "Public corpora.", "train": "The student."}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(*pieces: str, live: bool) -> tuple[list[str], str]:
    """The log's lines and what the screen shows of output that comes in these pieces."""
    log: list[str] = []
    stream = Terminal() if live else io.StringIO()
    output = StageOutput(log.append, Screen(stream, STAGES))
    for piece in pieces:
        output.feed(piece)
    output.close()
    return log, stream.getvalue()


@pytest.mark.parametrize(
    "pieces", [("one\ntwo\n",), ("on", "e\nt", "wo\n"), ("one\ntwo",)], ids=["at once", "cut", "open end"]
)
def test_lines_are_lines_however_they_come(pieces: tuple[str, ...]) -> None:
    assert told(*pieces, live=False) == (["one", "two"], "one\ntwo\n")


def test_a_live_bar_is_one_line_of_the_log_its_last() -> None:
    log, screen = told("\rfit:  10%", "\rfit:  50%", "\rfit: 100%\r\ndone\r\n", live=True)
    assert log == ["fit: 100%", "done"]
    assert screen == "\rfit:  10%\rfit:  50%\rfit: 100%\ndone\n"


def test_in_a_log_each_state_of_a_bar_is_a_line() -> None:
    assert told("\rfit:  10%", "\rfit: 100%\n", live=False)[0] == ["fit:  10%", "fit: 100%"]


def test_a_line_end_cut_in_two_is_one_line_end() -> None:
    assert told("done\r", "\nnext\r\n", live=True) == (["done", "next"], "done\nnext\n")


def test_dvc_s_advice_is_not_passed_on_and_its_course_only_to_the_log() -> None:
    text = "Running stage 'train':\n> python -m x\nmine\nUpdating lock file 'dvc.lock'\n\nUse `dvc push` to send\n"
    log, screen = told(text, live=False)
    assert log == ["Running stage 'train':", "> python -m x", "mine"]
    assert screen == "mine\n"


def test_a_failed_stage_s_own_words_come_without_dvc_s_frame() -> None:
    output = StageOutput(lambda line: None, Screen(None, STAGES))
    output.feed("Running stage 'train':\n> python -m x\nparams.yaml: train.steps is 0.\n")
    output.feed("ERROR: failed to reproduce 'train': failed to run: python -m x, exited with 1\n")
    assert output.own_words() == ["params.yaml: train.steps is 0."]

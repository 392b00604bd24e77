"""What is said before the first step of labels that nobody will judge."""

import numpy as np

from components.train.checks import note_unjudged
from components.train.lessons import split
from tests.train.test_lessons import labels, seed


def test_a_label_that_nobody_speaks_for_is_named(capsys):
    names = labels(bolt=20, nut=1, gear=4)
    known_N = np.zeros(25, dtype=bool)
    known_N[21:] = True
    _, held_out_N = split(names, known_N, 0.2, seed())
    note_unjudged(names, known_N, held_out_N)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("train, note: checks and interpolation do not hear 2 of 3 labels, for a held-out image")
    assert "`gear` (4, 0 of them new to the base), `nut` (1, 1 of them new to the base). To let them judge" in line


def test_where_all_speak_or_nobody_is_asked_nothing_is_said(capsys):
    names = labels(bolt=20, nut=2)
    for share in (0.2, 0.0):
        known_N = np.zeros(22, dtype=bool)
        note_unjudged(names, known_N, split(names, known_N, share, seed())[1])
    assert capsys.readouterr().err == ""

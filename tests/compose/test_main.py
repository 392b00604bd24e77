"""What the stage says beside its plan: foreign captions, vectors of another corpus, and the figures."""

import numpy as np
import pandas as pd
import pytest

from components.compose.__main__ import caption_vectors, figures, note_foreign
from components.compose.plan import make_plan


def test_languages_without_a_conjunction_are_named_with_their_counts(settings, capsys):
    spoken = pd.Series(["en", "fi", "ja", "fi", "sv"])
    note_foreign(spoken, settings())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("compose, note: captions are joined by `and` where no word of their language is known")
    assert line.endswith("2 in `fi`, 1 in `sv`. Add one, or keep them apart by compose.rules.")


@pytest.mark.parametrize("changes", [{"rate": 0.0}, {"kind": "cutmix_one_caption"}], ids=["nothing composed", "one"])
def test_where_no_captions_are_joined_nothing_is_said(settings, capsys, changes):
    note_foreign(pd.Series(["fi"]), settings(changes))
    note_foreign(pd.Series(["en", "ja"]), settings())
    assert capsys.readouterr().err == ""


def test_each_image_gets_the_vector_of_its_own_caption(tmp_path):
    np.save(tmp_path / "text.npy", np.eye(5, dtype=np.float32))
    text_ND = caption_vectors(pd.DataFrame({"row": [4, 0]}), tmp_path / "text.npy")
    assert text_ND.argmax(axis=1).tolist() == [4, 0]


def test_vectors_of_another_corpus_are_refused(tmp_path):
    np.save(tmp_path / "text.npy", np.eye(5, dtype=np.float32))
    with pytest.raises(ValueError, match=r"text.npy has 5 rows, fewer than the selection asks for. Run `dvc repro`."):
        caption_vectors(pd.DataFrame({"row": [5]}), tmp_path / "text.npy")


def test_the_figures_count_what_may_meet_and_what_a_rule_refuses(four, settings):
    params = settings({"rules.labels.forbidden": [["bolt", "nut"]]})
    found = figures(make_plan(four, None, params), params)
    assert (found["eligible"], found["refused"]["no_caption"]) == (3, 1)  # one bolt and two nuts are left
    assert {rule: count for rule, count in found["refused_pairs"].items() if count} == {"labels.forbidden": 2}

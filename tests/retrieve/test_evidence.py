"""Every kind of evidence is asked, alone and together, in a corpus of four records that a reader can keep in mind."""

from functools import partial

import numpy as np
import pytest

from components.lexical import LexicalIndex
from components.moments import Moments
from components.params import read_yaml
from components.retrieve import evidence
from components.retrieve.calibration import borne_out
from components.retrieve.evidence import Searchable, best_cosine, gather
from components.retrieve.params import RetrieveParams
from components.task import Task, parse_labels
from tests.test_architecture import ROOT

BOLT, NUT, GEAR = np.eye(3, dtype=np.float32)
IMAGES = np.array([BOLT, NUT, NUT, GEAR])
CAPTIONS = ["a bolt", "a nut", "a bolt", "a gear"]  # the third caption lies
TEXTS = np.array([BOLT, NUT, BOLT, GEAR])
TASK = Task(parse_labels(["bolt", "nut"]), ("{}",))
STILL = Moments(np.zeros(3), np.ones(3))
PLAIN = {"en": [""]}


class ExactIndex:
    """The smallest index: every product, best first."""

    def __init__(self, vector_MD: np.ndarray):
        self.vector_MD, self.vectors = vector_MD, len(vector_MD)

    def search(self, query_QD: np.ndarray, k: int):
        score_QM = query_QD @ self.vector_MD.T
        row_QK = np.argsort(-score_QM, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(score_QM, row_QK, axis=1), row_QK


def encode(texts: list[str]) -> np.ndarray:
    """A word's own axis; a descriptor turns the vector to the gear."""
    return np.array([GEAR if "," in text else {"bolt": BOLT, "nut": NUT}[text] for text in texts])


def found(descriptors=PLAIN, moments=None, **changes):
    params = RetrieveParams.model_validate(
        {
            **read_yaml(ROOT / "params.yaml")["retrieve"],
            "neighbours": 1,
            "image_weight": 0,
            "caption_weight": 0,
            "words_weight": 0,
            **changes,
        }
    )
    corpus = Searchable(
        ExactIndex(IMAGES),
        ExactIndex(TEXTS),
        LexicalIndex.build(CAPTIONS, ["en"] * 4) if params.words_weight else None,
        IMAGES,
        TEXTS,
        moments or {"image": STILL, "text": STILL},
    )
    table = gather(TASK, encode, corpus, descriptors, params).candidates
    return {(line.label, line.row): line for line in table.itertuples()}


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"image_weight": 1, "neighbours": 2}, {(0, 0), (0, 1), (1, 1), (1, 2)}),
        ({"caption_weight": 1, "neighbours": 2}, {(0, 0), (0, 2), (1, 0), (1, 1)}),
        ({"words_weight": 1, "neighbours": 2}, {(0, 0), (0, 2), (1, 1)}),
    ],
    ids=["images", "captions", "words"],
)
def test_each_kind_of_evidence_stands_alone(weights, expected):
    assert set(found(**weights)) == expected


def test_a_lying_caption_has_less_agreement_than_an_honest_one():
    table = found(image_weight=1, caption_weight=1, words_weight=2, neighbours=2, calibrated=False)
    assert table[0, 0].agreement == 1.0
    assert table[0, 2].agreement == pytest.approx(3 / 4)  # its image is a nut
    assert table[1, 1].query == "words: nut"


def test_what_words_seldom_bear_out_counts_for_little(monkeypatch):
    """Captions name rows 0 and 2 bolts, row 1 a nut. Of the vectors' first finds (0, 1) both are so, of the second
    (1, 2) none."""
    monkeypatch.setattr(evidence, "borne_out", partial(borne_out, least_named=3))
    weights = {"image_weight": 1, "words_weight": 1, "neighbours": 2}
    assert found(**weights, calibrated=False)[1, 2].agreement == pytest.approx(1 / 2)
    table = found(**weights, calibrated=True)
    assert {key: line.agreement for key, line in table.items()} == {
        (0, 0): 1.0, (0, 2): 0.5, (1, 1): 1.0,
    }  # fmt: skip


def test_descriptors_ask_in_other_ways_but_the_cosine_is_that_of_the_plain_prompt():
    table = found({"en": ["", ", cut with teeth"]}, image_weight=1)
    assert table[0, 3].query == "image: bolt, cut with teeth"
    assert table[0, 3].cosine == 0.0


def test_gap_removal_carries_the_query_to_where_the_images_lie():
    moments = {"image": Moments(2 * GEAR - BOLT, np.ones(3)), "text": STILL}
    assert set(found(image_weight=1, gap_removal="centred", moments=moments)) == {(0, 3), (1, 3)}


def test_without_any_weight_there_is_nothing_to_ask():
    with pytest.raises(
        ValueError, match=r"^params.yaml: retrieve.image_weight, caption_weight and words_weight are all 0"
    ):
        found()


def test_the_best_cosine_is_over_prompts_and_over_image_and_caption():
    half = np.array([[0.6, 0.8, 0]])
    np.testing.assert_allclose(best_cosine(np.array([BOLT, NUT]), np.array([0]), half, np.array([GEAR])), [0.8])
    assert best_cosine(np.array([BOLT]), np.array([], dtype=int), half).shape == (0,)

"""The terms that both learning stages share: weighted, named, and not computed where the weight is 0."""

import pytest
import torch

from components import geometry, infonce
from components.infonce import contrastive_loss
from components.learning import PairTerms
from components.losses import gap_terms, pair_terms, weighted_mean

OFF = dict.fromkeys(PairTerms.model_fields, 0.0)


@pytest.fixture
def pairs(unit_rows):
    return [torch.from_numpy(unit_rows(4, 3, seed=seed)) for seed in (1, 2)]


def test_the_terms_are_weighted_and_named(pairs):
    weights = PairTerms(**{**OFF, "contrastive": 2.0, "alignment": 0.5})
    terms = pair_terms(*pairs, torch.tensor(10.0), torch.eye(4, dtype=torch.bool), weights)
    assert list(terms) == ["contrastive", "alignment"]
    assert terms["contrastive"].item() == pytest.approx(2 * contrastive_loss(*pairs, torch.tensor(10.0)).item())
    assert terms["alignment"].item() == pytest.approx(0.5 * geometry.alignment(*pairs).item())


FORMULAS = {
    "contrastive": (infonce, "contrastive_loss"),
    "uniformity": (geometry, "uniformity"),
    "alignment": (geometry, "pair_distances"),
    "cross_uniformity": (geometry, "cross_uniformity"),
    "centroid_uniformity": (geometry, "centroid_uniformity"),
}


@pytest.mark.parametrize("term", PairTerms.model_fields)
def test_a_weight_of_zero_computes_nothing(pairs, term, monkeypatch):
    """The formula of the one term that is off would raise if it were called; with its weight it does."""

    def costs(*_args):
        raise AssertionError(f"{term} was computed")

    monkeypatch.setattr(*FORMULAS[term], costs)
    if term == "uniformity":  # the centroid term is a uniformity of midpoints
        monkeypatch.setattr(geometry, "centroid_uniformity", geometry.alignment)
    rest, same = PairTerms(**{name: float(name != term) for name in OFF}), torch.eye(4, dtype=torch.bool)
    assert term not in pair_terms(*pairs, torch.tensor(10.0), same, rest)
    with pytest.raises(AssertionError, match=term):
        pair_terms(*pairs, torch.tensor(10.0), same, PairTerms(**{**OFF, term: 1.0}))


def test_pair_weights_weigh_the_alignment():
    image, text = torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])  # squared distances 0 and 2
    weights, same = PairTerms(**{**OFF, "alignment": 1.0}), torch.eye(2, dtype=torch.bool)
    terms = gap_terms(image, text, same, weights, torch.tensor([1.5, 0.5]))
    assert terms["alignment"].item() == pytest.approx(0.5)  # (1.5 * 0 + 0.5 * 2) / 2


def test_no_weights_are_weights_of_one():
    assert weighted_mean(torch.tensor([1.0, 3.0]), None) == weighted_mean(torch.tensor([1.0, 3.0]), torch.ones(2)) == 2

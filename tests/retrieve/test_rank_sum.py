"""MUDG's rank sum and its conflicts: against a plain reading of the paper, and in sums that a reader can do."""

import numpy as np
import pandas as pd
import pytest

from components.fusion import Evidence, fuse
from components.retrieve.rank_sum import rank_sum, settle_by_rank_sum
from components.retrieve.select import settle_conflicts


def evidence(rows, weight=1.0, cosines=None):
    rows = np.array(rows)
    return Evidence(rows, np.full(rows.shape, 0.5) if cosines is None else np.array(cosines), weight)


def test_each_occurrence_is_worth_the_places_behind_it():
    scored = rank_sum([evidence([[7, 8, 9], [8, 7, 6]])]).set_index("row")["score"]
    assert scored.to_dict() == {6: 1, 7: 3 + 2, 8: 2 + 3, 9: 1}


def test_each_kind_of_evidence_counts_by_its_weight_and_its_own_number_of_neighbours():
    scored = rank_sum([evidence([[7, 8]]), evidence([[8]], weight=0.5, cosines=[[0.9]])]).set_index("row")
    assert scored.loc[8, ["score", "cosine", "agreement"]].tolist() == [1 + 0.5, 0.9, 1.0]
    assert scored.loc[7, ["score", "agreement"]].tolist() == [2.0, pytest.approx(1 / 1.5)]


def test_both_rules_give_the_same_table_of_the_same_rows():
    found = [evidence([[7, 8, -1], [8, 9, 7]]), evidence([[9, 1, -1]], weight=2.0)]
    one, other = fuse(found), rank_sum(found)
    assert list(one.columns) == list(other.columns) == ["row", "score", "cosine", "agreement"]
    unscored = ["row", "cosine", "agreement"]
    pd.testing.assert_frame_equal(one[unscored], other[unscored])


@pytest.mark.parametrize("seed", range(5))
def test_conflicts_end_as_the_paper_says(seed):
    generator = np.random.default_rng(seed)
    retrieved = {
        label: np.array([generator.choice(40, size=12, replace=False) for _ in range(3)]) for label in range(4)
    }
    candidates = pd.concat(
        [rank_sum([evidence(rows_PK)]).assign(label=label) for label, rows_PK in retrieved.items()], ignore_index=True
    )
    settled = settle_by_rank_sum(candidates, np.random.default_rng(0)).set_index("row")["label"].to_dict()
    best = labels_by_loops(retrieved)
    assert settled.keys() == best.keys()
    assert all(settled[row] in labels for row, labels in best.items())
    assert sum(len(labels) == 1 for labels in best.values()) > 20  # most are no ties, so the test decides something


def test_a_tie_is_drawn_by_the_seed_and_not_by_the_order_of_the_lines():
    labels = [label for label in range(3) for _ in range(300)]
    tied = pd.DataFrame({"label": labels, "row": [*range(300)] * 3, "score": 2.0, "cosine": 0.5, "agreement": 1.0})
    drawn = [settle_by_rank_sum(tied, np.random.default_rng(seed)).set_index("row")["label"] for seed in (1, 1, 2)]
    shuffled = settle_by_rank_sum(tied.sample(frac=1, random_state=3), np.random.default_rng(1)).set_index("row")
    assert drawn[0].sort_index().equals(drawn[1].sort_index())
    assert drawn[0].sort_index().equals(shuffled["label"].sort_index())
    assert not drawn[0].sort_index().equals(drawn[2].sort_index())
    assert drawn[0].value_counts().between(70, 130).all()  # 100 each, within about four standard deviations of 8


def test_the_two_settlements_differ_only_in_how_they_break_ties():
    candidates = pd.DataFrame(
        {"label": [0, 1, 1], "row": [5, 5, 6], "score": [3.0, 1.0, 2.0], "cosine": 0.5, "agreement": [1.0, 0.5, 0.5]}
    )
    one, other = settle_conflicts(candidates), settle_by_rank_sum(candidates, np.random.default_rng(0))
    pd.testing.assert_frame_equal(one, other)


def labels_by_loops(retrieved: dict[int, np.ndarray]) -> dict[int, set[int]]:
    """For each gallery row the labels with the highest sum over occurrences of (n - rank), read from the paper."""
    scores: dict[int, dict[int, int]] = {}
    for label, rows_PK in retrieved.items():
        for rows in rows_PK.tolist():
            for rank, row in enumerate(rows):
                of_row = scores.setdefault(row, {})
                of_row[label] = of_row.get(label, 0) + len(rows) - rank
    return {
        row: {label for label, score in of_row.items() if score == max(of_row.values())}
        for row, of_row in scores.items()
    }

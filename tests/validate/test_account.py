"""The account: counts that add up, and one clear line when too much is refused."""

import pytest

from components.validate.account import counts, good_enough
from components.validate.sorting import sort_corpus, sort_evaluation
from tests.validate.conftest import encoded


@pytest.fixture
def outcomes(corpus, params, picture):
    """Two sources: `good` keeps 2 of 3, `poor` keeps 1 of 4; and two evaluation images, one broken."""
    free, bound = {"licence": "MIT"}, {"licence": "no"}
    said = [free, free, bound, free, bound, bound, free | {"caption": ""}]
    sources = ["good"] * 3 + ["poor"] * 4
    records = [
        {"image": encoded(picture(number)), "source": source, **record}
        for number, (source, record) in enumerate(zip(sources, said, strict=True))
    ]
    folder, table = corpus("c", records)
    unseen = [{"image": encoded(picture(50)), "label": "nut"}, {"image": b"x", "label": "nut"}]
    unseen_folder, unseen_table = corpus("unseen", unseen, learning=False)
    return sort_corpus(table, folder, unseen_table, unseen_folder, params), sort_evaluation(unseen_table)


def test_counts_add_up(outcomes, params):
    numbers = counts(*outcomes, params)
    assert {name: numbers[name] for name in ("collected", "accepted", "quarantined")} == {
        "collected": 7, "accepted": 3, "quarantined": 4,
    }  # fmt: skip
    assert numbers["quarantined_share"] == pytest.approx(4 / 7)
    assert sum(numbers["reasons"].values()) == 4
    assert (numbers["reasons"]["forbidden_licence"], numbers["reasons"]["broken_image"]) == (3, 0)
    assert numbers["sources"] == {
        "good": {"collected": 3, "accepted": 2, "quarantined": 1, "reasons": {"forbidden_licence": 1}},
        "poor": {
            "collected": 4, "accepted": 1, "quarantined": 3, "reasons": {"empty_caption": 1, "forbidden_licence": 2},
        },
    }  # fmt: skip
    assert numbers["evaluation"] == {
        "unseen": {"collected": 2, "accepted": 1, "quarantined": 1, "reasons": {"broken_image": 1}}
    }


def refused(outcomes, params, **bounds):
    with pytest.raises(ValueError) as error:
        good_enough(*outcomes, params.model_copy(update=bounds))
    return str(error.value)


def test_too_large_a_share_of_a_source_stops_the_stage(outcomes, params):
    assert refused(outcomes, params, min_accepted=3, max_quarantined_share=0.5) == (
        "3 of 4 records of source `poor` are refused (2 forbidden_licence, 1 empty_caption), more than "
        "validate.max_quarantined_share = 0.5 allows. "
        "Mend the sources, or the bounds in section `validate` of params.yaml."
    )


def test_too_few_records_stop_the_stage(outcomes, params):
    assert refused(outcomes, params, min_accepted=4) == (
        "3 of 7 records are accepted, validate.min_accepted asks for 4. Refused: 3 forbidden_licence, 1 empty_caption. "
        "Mend the sources, or the bounds in section `validate` of params.yaml."
    )


def test_a_domain_without_an_image_stops_the_stage(outcomes, corpus, params):
    blind = sort_evaluation(corpus("blind", [{"image": b"x", "label": "nut"}], learning=False)[1])
    assert refused((outcomes[0], blind), params, min_accepted=3, max_quarantined_share=0.75) == (
        "1 of 1 records of source `blind` are refused (1 broken_image): nothing is left to evaluate on. "
        "Mend the sources, or the bounds in section `validate` of params.yaml."
    )


def test_what_is_good_enough_has_a_verdict(outcomes, params):
    bounds = params.model_copy(update={"min_accepted": 3, "max_quarantined_share": 0.75})
    verdict = good_enough(*outcomes, bounds)
    assert {name: [entry["met"] for entry in entries] for name, entries in verdict.items()} == {
        "whole": [True], "sources": [True, True], "domains": [True],
    }  # fmt: skip
    assert {entry["severity"] for entries in verdict.values() for entry in entries} == {"critical"}

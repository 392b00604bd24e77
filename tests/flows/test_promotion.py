"""The rule of promotion, check by check."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.params import ParamsError
from flows.promotion import Evidence, Gain, PromoteParams, decide, load_rule

ROOT = Path(__file__).parents[2]
RULE = PromoteParams(
    least_gain_points=1.0,
    least_gain_points_low=0.0,
    least_domain_gain_points=-1.0,
    least_gain_over_champion_points_low=-0.5,
    licence_verdicts=("free", "credit"),
    audit_verdicts=("identical", "equivalent"),
)
GOOD = Evidence(
    gain=Gain(5.0, 2.0, 8.0),
    domain_gains={"pencil": 6.0, "line": -1.0},
    over_champion=Gain(1.0, -0.5, 2.5),
    has_rival=True,
    licence="credit",
    audit="identical",
    apart=(),
)


def test_what_meets_every_bound_exactly_passes() -> None:
    at_the_bounds = replace(GOOD, gain=Gain(1.0, 0.0, 2.0))
    assert decide(RULE, at_the_bounds).passed


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"gain": Gain(0.9, 0.1, 2.0)}, "gain over the base, points: +0.90; wanted +1.00 or more"),
        ({"gain": Gain(5.0, -0.1, 9.0)}, "low end of that gain: -0.10; wanted +0.00 or more"),
        (
            {"domain_gains": {"pencil": 20.0, "line": -1.1}},
            "gain on the weakest domain (line): -1.10; wanted -1.00 or more",
        ),
        ({"domain_gains": {}}, "gain on the weakest domain: not known; wanted -1.00 or more"),
        (
            {"over_champion": Gain(0.0, -0.6, 0.6)},
            "low end of the gain over the champion: -0.60; wanted -0.50 or more",
        ),
        ({"over_champion": None}, "low end of the gain over the champion: not known; wanted -0.50 or more"),
        ({"licence": "obstacle"}, "licences: obstacle; wanted free or credit"),
        ({"licence": None}, "licences: none; wanted free or credit"),
        ({"audit": "different"}, "audit: different; wanted identical or equivalent"),
        ({"audit": None}, "audit: none; wanted identical or equivalent"),
        ({"apart": None}, "MLflow beside the run's commit: the run is no commit here; wanted the same"),
        ({"apart": ["a", "b", "c", "d"]}, "MLflow beside the run's commit: a; b; c and 1 more; wanted the same"),
    ],
    ids=["gain", "interval", "domain", "no-domain", "champion", "incomparable", "licence", "no-licence", "audit",
         "no-audit", "no-commit", "apart"],
)  # fmt: skip
def test_each_check_fails_by_itself_and_says_what_was_seen(changed: dict, line: str) -> None:
    decision = decide(RULE, replace(GOOD, **changed))
    assert [str(check) for check in decision.failed] == [line]


def test_a_run_that_measured_nothing_fails_both_checks_of_its_gain() -> None:
    assert len(decide(RULE, replace(GOOD, gain=None)).failed) == 2


def test_the_first_champion_has_nobody_to_beat() -> None:
    assert decide(RULE, replace(GOOD, over_champion=None, has_rival=False)).passed


def test_an_empty_list_asks_for_no_audit_and_null_for_no_comparison() -> None:
    lenient = RULE.model_copy(update={"audit_verdicts": (), "least_gain_over_champion_points_low": None})
    assert decide(lenient, replace(GOOD, audit=None, over_champion=None, apart=None)).passed


def test_the_shipped_rule_is_sound_and_a_wrong_word_is_named(tmp_path: Path) -> None:
    assert load_rule(ROOT).audit_verdicts == ("identical", "equivalent")
    shipped = (ROOT / "infra" / "operations.yaml").read_text()
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "operations.yaml").write_text(shipped.replace("least_gain_points:", "least_gian_points:"))
    with pytest.raises(ParamsError, match=r"promote.least_gian_points is not a parameter. Did you mean `least_gain_po"):
        load_rule(tmp_path)

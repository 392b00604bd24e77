"""Names in both languages."""

from components.report.licences import DUTIES
from components.report.params import Assumptions
from components.report.words import ASSUMPTIONS
from components.report.words import DUTIES as DUTY_NAMES


def test_every_assumption_and_duty_has_its_two_names():
    assert set(ASSUMPTIONS) == set(Assumptions.model_fields) | {"accuracy_gain_points"}
    assert set(DUTY_NAMES) == set(DUTIES)

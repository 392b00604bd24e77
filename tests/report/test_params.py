"""Assumptions out of bounds."""

import pytest

from components.params import ParamsError, check
from components.report.params import ReportParams


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("engineer_hours", 0, "report.assumptions.engineer_hours is 0. Input should be greater than 0."),
        ("discount_rate", 8, "report.assumptions.discount_rate is 8. Input should be less than or equal to 1."),
        ("horizon_year", 3, "report.assumptions.horizon_year is not a parameter. Did you mean `horizon_years`?"),
        ("yen_per_usd", float("inf"), "report.assumptions.yen_per_usd is inf. Write a finite number."),
    ],
)
def test_a_wrong_assumption_is_named(assumptions, tmp_path, field, value, fault):
    values = {
        "assumptions": {**assumptions.model_dump(), field: value},
        "sensitivity_share": 0.3, "authors_shown": 1, "weakest_labels_shown": 1,
    }  # fmt: skip
    with pytest.raises(ParamsError) as raised:
        check(ReportParams, values, file=tmp_path / "params.yaml", prefix="report")
    assert fault in str(raised.value)

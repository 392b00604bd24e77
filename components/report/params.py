"""Settings of the stage `report`: what the business assumes, and how the page shows it."""

from typing import Annotated

from pydantic import Field

from components.params import Section

Positive = Annotated[float, Field(gt=0, le=1e12)]
Amount = Annotated[float, Field(ge=0, le=1e12)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Assumptions(Section):
    """What the company knows and no model can measure; every figure in dollars follows from these."""

    decisions_per_year: Annotated[int, Field(gt=0, le=10**12)]
    """Images that the company classifies in a year, spread evenly over the evaluated domains."""
    error_handling_minutes: Positive
    """Working time that one wrong label costs before it is put right, in minutes."""
    error_handling_usd_per_hour: Positive
    """Full hourly cost of the person who puts it right, in US dollars."""
    running_cost_usd_per_year: Amount
    """What serving the student costs a year beyond serving the base model, in US dollars."""
    engineer_hours: Positive
    """Engineering time that the project takes, once, in hours."""
    engineer_usd_per_hour: Positive
    """Full hourly cost of an engineer, in US dollars."""
    compute_hours: Amount
    """Machine time of the runs that led to the student, read off by a person: no stage reads a clock."""
    compute_usd_per_hour: Amount
    """Price of that machine, in US dollars per hour."""
    labels_avoided_images: Annotated[int, Field(ge=0, le=10**12)]
    """Images that people would have to label by hand to train a model the usual way."""
    cost_per_label_usd: Amount
    """Price of one label by hand, checking included, in US dollars."""
    horizon_years: Annotated[int, Field(gt=0, le=30)]
    """Years that the student stays in use."""
    discount_rate: Annotated[float, Field(ge=0, le=1)]
    """Yearly interest at which later money counts less, as a share: 0.08 is 8 %."""
    yen_per_usd: Positive
    """Yen for one US dollar, for the column in yen alone."""


class ReportParams(Section):
    """The assumptions of the business case, and how the page states its doubts."""

    assumptions: Assumptions
    """What the business case assumes."""
    sensitivity_share: Share
    """Each assumption is varied by this share up and down, one at a time: 0.3 is ± 30 %."""
    authors_shown: Annotated[int, Field(gt=0)]
    """Authors named on the page for each licence; data_card.md names all."""
    weakest_labels_shown: Annotated[int, Field(gt=0)]
    """Labels named as the ones on which the student errs most."""

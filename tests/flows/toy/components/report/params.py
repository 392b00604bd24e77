"""Settings of the toy stage `report`."""

from pydantic import PositiveFloat

from components.params import Section


class ReportParams(Section):
    wage: PositiveFloat

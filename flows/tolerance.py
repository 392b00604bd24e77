"""By how much two values of a figure may differ and still agree: rules by the figure's name, which are data."""

import math
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from components.params import Section, load_section
from flows.promotion import OPERATIONS_FILE

EVERY = "*"


class Tolerance(Section):
    """Figures by name, and how far apart they may be: by a share of the larger, or by so much, whichever is more."""

    figures: str
    """Names as `stage.figure`, where * stands for anything: evaluate.*accuracy*."""
    relative: Annotated[float, Field(ge=0, le=1)]
    """Share of the larger value, 0 to 1."""
    absolute: Annotated[float, Field(ge=0)]
    """In the figure's own unit."""

    def allowed(self, left: float, right: float) -> float:
        """How far apart these two may be."""
        return max(self.relative * max(abs(left), abs(right)), self.absolute)

    def agree(self, left: Any, right: Any) -> bool:
        """Whether two values agree: numbers within the tolerance, everything else exactly."""
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in (left, right)):
            return math.isclose(left, right, rel_tol=self.relative, abs_tol=self.absolute)
        return bool(left == right)

    def __str__(self) -> str:
        share = f"{self.relative:.0%} of the larger" if self.relative else ""
        amount = f"{self.absolute:g}" if self.absolute else ""
        return f"{self.figures}: {' or '.join(filter(None, (share, amount))) or 'exactly'}"


class AuditParams(Section):
    """What an audit and a run's verdict call equivalent."""

    tolerances: list[Tolerance]
    """The first line whose `figures` match decides."""

    @model_validator(mode="after")
    def _covers_all(self) -> Self:
        if not self.tolerances or self.tolerances[-1].figures != EVERY:
            raise ValueError('the last line of tolerances must be for every figure: {figures: "*", …}')
        return self

    def of(self, figure: str) -> Tolerance:
        """The tolerance of a figure, named as `stage.figure`."""
        return next(each for each in self.tolerances if fnmatchcase(figure, each.figures))

    def __str__(self) -> str:
        return "; ".join(map(str, self.tolerances))


def load_tolerances(root: Path) -> AuditParams:
    """The tolerances of a checkout.

    Raises:
        ParamsError: infra/operations.yaml or its section `audit` is missing or cannot be used.
    """
    return load_section("audit", AuditParams, root / OPERATIONS_FILE)

"""The plan of compositions: who may meet whom, and what that does to the balance of the data."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components.compose.params import ComposeParams
from components.params import ParamsError, unknown_name

RULES = ("never_labels", "never_sources", "no_caption")


def make_plan(selection: pd.DataFrame, params: ComposeParams) -> pd.DataFrame:
    """One row for each selected image, in order: `id`, `may_compose`, `refused_by` (a rule or empty), `group`.

    Two images of one `group` are never composed: the label's number with `across_labels`, the row's own otherwise.

    Raises:
        ParamsError: a rule names a label or a source that the selection does not have.
    """
    for rule, names, column in [
        ("never_labels", params.never_labels, "label"),
        ("never_sources", params.never_sources, "source"),
    ]:
        _known(rule, names, sorted(selection[column].unique()))
    refused = np.select(
        [
            selection["label"].isin(params.never_labels),
            selection["source"].isin(params.never_sources),
            selection["caption"].str.strip() == "",
        ],
        RULES,
        default="",
    )
    group = pd.factorize(selection["label"], sort=True)[0] if params.across_labels else np.arange(len(selection))
    return pd.DataFrame({"id": selection["id"], "may_compose": refused == "", "refused_by": refused, "group": group})


def audit(selection: pd.DataFrame, plan: pd.DataFrame, rate: float) -> dict[str, dict[str, dict[str, float]]]:
    """Expected share of what the student sees by label, source and language: without and with composition.

    A row is drawn once per epoch; at `rate` an eligible row brings a partner, drawn evenly from the eligible rows.
    """
    eligible = plan["may_compose"].to_numpy()
    before = np.full(len(plan), 1 / len(plan))
    after = 1 + rate * eligible
    after = after / after.sum()
    shares = {"before": before, "after": after}
    return {
        column: {
            str(value): {
                when: float(share[(selection[column] == value).to_numpy()].sum()) for when, share in shares.items()
            }
            for value in sorted(selection[column].unique())
        }
        for column in ("label", "source", "language")
    }


def largest_shift_points(audited: dict[str, dict[str, dict[str, float]]]) -> float:
    """The largest change of any share that composition brings, in percentage points."""
    values = [each for column in audited.values() for each in column.values()]
    return 100 * max((abs(each["after"] - each["before"]) for each in values), default=0.0)


def _known(rule: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise ParamsError(f"params.yaml: compose.{rule} names `{name}`. {unknown_name(name, known)}")

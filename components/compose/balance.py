"""What composition does to the balance of the data: bias in, bias out, and a limit to it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from components.compose.chances import Chances
from components.compose.params import ComposeParams, Limits

COLUMNS = ("label", "source", "language", "licence")
Shares = dict[str, dict[str, dict[str, float]]]


def shares(selection: pd.DataFrame, chances: Chances, rate: float) -> Shares:
    """Expected share of what the student sees by label, source, language and licence: without and with composition.

    A row is drawn once per epoch; at `rate` it brings a partner, who is seen as well: `1 + rate * drawn` times in all.
    """
    before_N = np.full(len(selection), 1 / len(selection))
    seen_N = 1 + rate * chances.drawn_N
    both = pd.DataFrame({"before": before_N, "after": seen_N / seen_N.sum()})
    return {
        column: {
            str(value): {"before": float(before), "after": float(after)}
            for value, before, after in both.groupby(selection[column].to_numpy()).sum().itertuples()
        }
        for column in COLUMNS
    }


def largest_shift(audited: Shares) -> tuple[str, str, float]:
    """The column, the value and the change in percentage points of the share that composition moves furthest."""
    shifts = [
        (column, value, 100 * (each["after"] - each["before"]))
        for column, values in audited.items()
        for value, each in values.items()
    ]
    return max(shifts, key=lambda shift: abs(shift[2]))


def obey_limits(audited: Shares, chances: Chances, refused: Mapping[str, int], limits: Limits) -> None:
    """Composition keeps within its limits.

    Raises:
        ValueError: a share moves too far, or too few images have a partner.
    """
    if chances.with_partner_share < limits.least_eligible_share:
        excluded = ", ".join(f"{rule} {count:,}" for rule, count in refused.items() if count)
        raise ValueError(
            f"params.yaml: compose.limits.least_eligible_share is {limits.least_eligible_share:g}, but the rules leave "
            f"{chances.with_partner_share:.3f} of the images a partner"
            f"{f' (kept from all compositions: {excluded})' if excluded else ''}. "
            "Loosen compose.rules, or lower the limit."
        )
    column, value, points = largest_shift(audited)
    if abs(points) > limits.most_share_shift_points:
        share = audited[column][value]
        raise ValueError(
            f"params.yaml: compose.limits.most_share_shift_points is {limits.most_share_shift_points:g}, but "
            f"composition moves the share of the {column} `{value}` by {points:+.2f} points, from "
            f"{100 * share['before']:.2f} % to {100 * share['after']:.2f} %. Lower compose.rate, loosen compose.rules, "
            "or raise the limit."
        )


def refuse_nothing_left(images: int, chances: Chances, refused: Mapping[str, int], params: ComposeParams) -> None:
    """There is something to compose.

    Args:
        refused: the images, or the pairs, that each rule refuses.

    Raises:
        ValueError: no two images may meet.
    """
    if chances.with_partner_share == 0:
        why = ", ".join(f"{rule} refuses {count:,}" for rule, count in refused.items() if count)
        raise ValueError(
            f"params.yaml: compose.rate is {params.rate:g}, but compose.rules let no two of the {images:,} "
            f"images meet{f': {why}' if why else ''}. Loosen a rule, or set compose.rate to 0."
        )

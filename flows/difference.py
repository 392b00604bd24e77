"""What published runs gained, and how two of them differ: settings, and accuracy on the very same images."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.promotion import Gain

if TYPE_CHECKING:
    from components.published import PublishedRun
    from components.tracking import Client

RESAMPLES, SEED = 2000, 1
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Change:
    """A setting with another value; an empty text stands for a setting that one side does not have."""

    setting: str
    before: str
    after: str


def changed_settings(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """The settings that differ, in the order of `after`, then those that it lacks."""
    names = [*after, *(name for name in before if name not in after)]
    changes = [Change(name, before.get(name, ""), after.get(name, "")) for name in names]
    return [change for change in changes if change.before != change.after]


def paired_gain(before: Path | None, after: Path | None) -> Gain | None:
    """What the later student gains over the earlier one, from both runs' predictions.parquet.

    None unless both were asked about the very same images with the very same labels.
    """
    if before is None or after is None or not (before.is_file() and after.is_file()):
        return None
    import numpy as np
    import pandas as pd

    from components.evaluate.interval import bootstrap_interval_points, mean_gain_points

    keys = ["domain", "id", "label"]
    old, new = (pd.read_parquet(file, columns=[*keys, "student_label"]).sort_values(keys) for file in (before, after))
    if not old[keys].reset_index(drop=True).equals(new[keys].reset_index(drop=True)):
        return None
    right = [(table["student_label"] == table["label"]).to_numpy().astype(int) for table in (old, new)]
    domain_N = new["domain"].to_numpy()
    parts = [(right[1] - right[0])[domain_N == domain] for domain in dict.fromkeys(domain_N)]
    rng = np.random.default_rng(SEED)
    low, high = bootstrap_interval_points(parts, resamples=RESAMPLES, rng=rng)
    return Gain(mean_gain_points(parts), low, high)


def gain_between(client: "Client", before: "PublishedRun", after: "PublishedRun") -> Gain | None:
    """`paired_gain` of two published runs."""
    from components import tracking

    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("before", "after")]
        for place in places:
            place.mkdir()
        files = [
            tracking.predictions_of(client, run, place) for run, place in zip((before, after), places, strict=True)
        ]
        return paired_gain(*files)


def gain_of(run: "PublishedRun") -> Gain | None:
    """The student's gain over the base on the unseen domains; None if the run did not measure it."""
    return _gain(run, "gain/accuracy_points")


def domain_gains(run: "PublishedRun") -> dict[str, Gain]:
    """The same for each unseen domain, in name order."""
    ends = [name.removesuffix("/gain_points") for name in sorted(run.figures) if name.endswith("/gain_points")]
    gains = {name.removeprefix("domains/"): _gain(run, f"{name}/gain_points") for name in ends}
    return {domain: gain for domain, gain in gains.items() if gain is not None}


def _gain(run: "PublishedRun", name: str) -> Gain | None:
    points = run.figures.get(name)
    if points is None:
        return None
    return Gain(points, run.figures.get(f"{name}_low", points), run.figures.get(f"{name}_high", points))


def in_words(champion: str, changes: list[Change], gain: Gain | None) -> str:
    """What changed against the champion, as Markdown for MLflow's page."""
    lines = [f"### Against the champion ({champion})", ""]
    if gain is None:
        lines.append("Accuracy: not comparable, as the evaluation images or labels are not the same.")
    else:
        lines.append(
            f"Accuracy on the same images: **{gain.points:+.1f} points** ({gain.low:+.1f} to {gain.high:+.1f})."
        )
    if not changes:
        return "\n".join([*lines, "", "No setting differs."])
    lines += ["", "| setting | champion | this run |", "|---|---|---|"]
    return "\n".join(
        lines + [f"| {change.setting} | {_cell(change.before)} | {_cell(change.after)} |" for change in changes]
    )


def _cell(text: str) -> str:
    short = text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
    plain = " ".join(short.split()).replace("`", "ˋ").replace("|", "¦")
    return f"`{plain}`" if plain else "—"

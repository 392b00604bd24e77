"""What a person decided about selected images: `review.csv`, read, checked and obeyed.

    id,label,verdict,reason
    render/render-003878,hex bolt,reject,a nut
    blueprint/blueprint-002668,hex bolt,accept,

`label` may be missing. A file of the header alone decides nothing. Spreadsheets may have made the separator ; or a
tabulator, and put a byte-order mark in front.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from components.params import unknown_name

COLUMNS = ["id", "label", "verdict", "reason"]
VERDICTS = ("accept", "reject")
SHOWN_IDS = 3


def read_review(file: Path, *, ids: pd.Series, labels: Sequence[str]) -> pd.DataFrame:
    """The decisions as a table of COLUMNS, in the file's order; `label` is "" where the file says none.

    Args:
        ids: ids of the records that may be decided about.
        labels: the task's names.

    Raises:
        ValueError: a column is missing, a verdict, id or label is unknown, or an id stands there twice.
    """
    review = _read_table(file)
    for each, verdict in zip(review["id"], review["verdict"], strict=True):
        if verdict not in VERDICTS:
            raise ValueError(f"{file}: {each} has verdict `{verdict}`. Write accept or reject, or remove the line.")
    twice = review.loc[review["id"].duplicated(), "id"].drop_duplicates()
    if len(twice):
        raise ValueError(f"{file}: decided twice: {_shown(twice)}. Keep one line for each id.")
    unknown = review.loc[~review["id"].isin(ids), "id"]
    if len(unknown):
        raise ValueError(
            f"{file}: no accepted record of the corpus has the id {_shown(unknown)}. Remove the line, or undo the "
            "change of collect or validate that took the record away."
        )
    for label in review["label"]:
        if label and label not in labels:
            raise ValueError(f"{file}: `{label}` is no name in retrieve.labels. {unknown_name(label, labels)}")
    return review


def obey(
    candidates: pd.DataFrame, review: pd.DataFrame, *, ids: pd.Series, labels: Sequence[str], file: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The candidates after the review, with a column `accepted`, and the dropped claims: label, row, reason.

    A rejected image is no candidate of any label. An accepted one is a candidate of its label alone, with agreement 1,
    because a person's word needs no second evidence; where the review says no label, it is that with the best score.
    One that search no longer finds comes back with score 0 and no cosine.

    Args:
        candidates: label (its number), row, score, cosine, agreement.
        ids: the corpus' ids by row.

    Raises:
        ValueError: an image was accepted without a label, and no label found it.
    """
    row_of = pd.Series(np.arange(len(ids)), index=ids.to_numpy())
    rejected = row_of[review.loc[review["verdict"] == "reject", "id"]]
    is_rejected = candidates["row"].isin(rejected)
    dropped = candidates.loc[is_rejected, ["label", "row"]].assign(reason="rejected_by_review")
    kept = candidates[~is_rejected].assign(accepted=False)

    accepted = review[review["verdict"] == "accept"].reset_index(drop=True)
    rows = row_of[accepted["id"]].to_numpy()
    best = kept.sort_values(["score", "label"], ascending=[False, True], kind="stable").drop_duplicates("row")
    number_of = {name: number for number, name in enumerate(labels)}
    own = accepted["label"].map(number_of).fillna(pd.Series(rows).map(best.set_index("row")["label"]))
    if own.isna().any():
        raise ValueError(
            f"{file}: accepted without a label, and found for none: {_shown(accepted.loc[own.isna(), 'id'])}. "
            "Name the label in a column `label`, or remove the line."
        )
    claims = pd.DataFrame({"label": own.astype("int64"), "row": rows})
    found = claims.merge(kept.drop(columns="accepted"), on=["label", "row"], how="left")
    found = found.fillna({"score": 0.0}).assign(agreement=1.0, accepted=True)
    others = kept[~kept["row"].isin(rows)]
    return pd.concat([others, found], ignore_index=True)[kept.columns], dropped.reset_index(drop=True)


def rejected_by_label(
    review: pd.DataFrame, dropped: pd.DataFrame, *, ids: pd.Series, labels: Sequence[str]
) -> pd.Series:
    """For each label's name how many images were rejected under it, 0 left out; "" for those that no label found.

    An image counts for the label in the review, else for the first label that found it.
    """
    row_of = pd.Series(np.arange(len(ids)), index=ids.to_numpy())
    rejected = review[review["verdict"] == "reject"]
    claimed = dropped.drop_duplicates("row").set_index("row")["label"].map(dict(enumerate(labels)))
    found = pd.Series(row_of[rejected["id"]].to_numpy()).map(claimed).fillna("").to_numpy()
    shown = rejected["label"].where(rejected["label"] != "", found)
    return shown.value_counts().reindex([*labels, ""], fill_value=0).loc[lambda counts: counts > 0]


def _read_table(file: Path) -> pd.DataFrame:
    """The lines of the file as COLUMNS, spaces around each value taken off, empty lines left out."""
    if not file.is_file():
        raise ValueError(
            f"{file} does not exist. Write its first line, `{','.join(COLUMNS)}`: alone it decides nothing."
        )
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8. Save it as `CSV UTF-8`.") from None
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"{file} is no table of separated values: {error}.") from None
    names = [name.strip().casefold() for name in lines[0]] if lines else []
    missing = [name for name in COLUMNS if name != "label" and name not in names]
    if missing:
        raise ValueError(
            f"{file} has no column {', '.join(missing)}. Begin it with the line `id,label,verdict,reason`."
        )
    rows = []
    for line in lines[1:]:
        if any(line[len(names) :]):
            raise ValueError(
                f"{file}: the line of {line[0]} has {len(line)} values, not {len(names)}. Quote its reason."
            )
        value_of = {name: value.strip() for name, value in zip(names, line, strict=False)}
        if any(value_of.values()):
            rows.append({name: value_of.get(name, "") for name in COLUMNS})
    table = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    return table.assign(verdict=table["verdict"].str.casefold())


def _shown(ids: pd.Series) -> str:
    """The first few ids, and how many more there are."""
    more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
    return ", ".join(ids.head(SHOWN_IDS)) + more

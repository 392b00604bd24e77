"""Stage `validate`: every collected record is accepted or quarantined with its reason; Great Expectations decides.

Reads   <corpus>, <evaluation>      canonical corpora as components/corpus.py describes
Writes  <out>/accepted.parquet      corpus records to learn from, without label, domain and split
        <out>/evaluation.parquet    evaluation records, with them
        <out>/quarantine.parquet    all others, with `reason` and `detail`
        <out>/quarantine.csv        the same for a person: id, source, reason, detail
        <out>/verdict.json          each expectation, and how many rows met it
        <metrics>                   accepted and quarantined, by reason, source and domain
Fails if too few records are left, too large a share of a source is refused, or a domain keeps no image.
"""

from pathlib import Path

import pandas as pd

from components.corpus import COLUMNS, LEARNING_COLUMNS, MANIFEST, read_manifest
from components.outputs import whole_folder, write_json, write_table
from components.params import load_section
from components.stage import run
from components.validate.account import counts, good_enough
from components.validate.params import ValidateParams
from components.validate.sorting import Sorted, sort_corpus, sort_evaluation


def main(corpus: Path, evaluation: Path, out: Path, metrics: Path) -> None:
    params = load_section("validate", ValidateParams)
    records = read_manifest(corpus / MANIFEST, learning=True)
    unseen = read_manifest(evaluation / MANIFEST, learning=False)
    sorted_evaluation = sort_evaluation(unseen)
    sorted_corpus = sort_corpus(records, corpus, unseen, evaluation, params)
    verdict = sorted_corpus.verdict | sorted_evaluation.verdict | good_enough(sorted_corpus, sorted_evaluation, params)
    quarantine = quarantine_table(sorted_corpus, sorted_evaluation)

    with whole_folder(out) as draft:
        write_table(sorted_corpus.accepted, draft / "accepted.parquet")
        write_table(sorted_evaluation.accepted, draft / "evaluation.parquet")
        write_table(quarantine, draft / "quarantine.parquet")
        quarantine[["id", "source", "reason", "detail"]].to_csv(draft / "quarantine.csv", index=False)
        write_json(verdict, draft / "verdict.json")
    write_json(counts(sorted_corpus, sorted_evaluation, params), metrics)


def quarantine_table(corpus: Sorted, evaluation: Sorted) -> pd.DataFrame:
    """All refused records, corpus first, as canonical records with `reason` and `detail`."""
    blank = dict.fromkeys(set(COLUMNS) - set(LEARNING_COLUMNS), "")
    table = pd.concat([corpus.quarantined.assign(**blank), evaluation.quarantined], ignore_index=True)
    return table[[*COLUMNS, "reason", "detail"]]


if __name__ == "__main__":
    run(main)

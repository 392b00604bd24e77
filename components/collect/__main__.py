"""Stage `collect`: public corpora become one canonical corpus, each record with source, licence and hash.

Reads   the sources that `collect.corpus` and `collect.evaluation` in params.yaml describe
Writes  <corpus>, <evaluation>   manifest.parquet and NNNNN.tar, as components/corpus.py describes
        <truth>                  id and true label of the corpus images whose source states it; read by `evaluate` alone
        <metrics>                images and bytes, in all and per source
The columns label, domain and split are empty in the corpus and filled in for evaluation.
"""

from pathlib import Path

import pandas as pd

from components.collect.params import CollectParams, Source, SyntheticSource
from components.collect.records import Written, write_source
from components.collect.sources import read_source
from components.corpus import CorpusWriter
from components.outputs import whole_folder, write_json, write_table
from components.params import load_section
from components.progress import progress
from components.stage import run

Counts = dict[str, dict[str, int]]


def main(corpus: Path, evaluation: Path, truth: Path, metrics: Path) -> None:
    params = load_section("collect", CollectParams)
    with whole_folder(corpus) as corpus_draft, whole_folder(evaluation) as evaluation_draft:
        written = {
            "corpus": collect(params, params.corpus, corpus_draft, labelled=False),
            "evaluation": collect(params, params.evaluation, evaluation_draft, labelled=True),
        }
        write_table(truth_of(written["corpus"]), truth)
    counts = {part: counts_of(by_source) for part, by_source in written.items()}
    write_json(totals(counts) | counts, metrics)


def collect(params: CollectParams, sources: list[Source], folder: Path, *, labelled: bool) -> dict[str, list[Written]]:
    """Write the sources, one after the other, as one canonical corpus; what was written, by source."""
    all_written = {}
    with CorpusWriter(folder, images_per_shard=params.images_per_shard) as writer:
        for source in sources:
            found = read_source(
                source,
                labelled=labelled,
                synthetic=params.synthetic,
                evaluation=params.evaluation,
                workers=params.workers,
            )
            written = write_source(writer, found, source=source.name, labelled=labelled, workers=params.workers)
            total = source.images if isinstance(source, SyntheticSource) else source.limit or None
            all_written[source.name] = list(
                progress(written, what=f"collect {source.name}", total=total, unit="images")
            )
    return all_written


def truth_of(by_source: dict[str, list[Written]]) -> pd.DataFrame:
    """Id and true label of every image whose source states one."""
    rows = [(image.id, image.true_label) for images in by_source.values() for image in images if image.true_label]
    return pd.DataFrame(rows, columns=["id", "label"], dtype="str")


def counts_of(by_source: dict[str, list[Written]]) -> Counts:
    """Images and bytes of each source."""
    return {
        name: {"images": len(images), "bytes": sum(image.bytes for image in images)}
        for name, images in by_source.items()
    }


def totals(counts: dict[str, Counts]) -> dict[str, int]:
    """Images and bytes over all sources, under names that say of what."""
    return {
        f"{part}_{unit}": sum(source[unit] for source in by_source.values())
        for part, by_source in counts.items()
        for unit in ("images", "bytes")
    }


if __name__ == "__main__":
    run(main)

"""From what adapters find to a canonical corpus on disk: fingerprints, shards and the manifest."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from components.collect.found import Found
from components.collect.parallel import in_order
from components.corpus import CorpusWriter, Record, batches, fingerprints

IMAGES_PER_TASK = 64


class Written(NamedTuple):
    """One image that was written down."""

    id: str
    bytes: int
    true_label: str
    """The class that is seen, where the source states one; empty elsewhere."""


def write_source(
    writer: CorpusWriter, found: Iterable[Found], *, source: str, labelled: bool, workers: int
) -> Iterator[Written]:
    """Write the images of one source as canonical records, and yield what was written.

    `label` and `domain` are filled in for evaluation sets alone (`labelled`): no stage that learns may see them.
    """
    for batch in in_order(_fingerprinted, batches(found, IMAGES_PER_TASK), workers=workers):
        for image, prints in batch:
            record = record_of(image, prints, source=source, labelled=labelled)
            writer.add(record, image.image_bytes, image.extension)
            yield Written(str(record["id"]), len(image.image_bytes), image.label)


def record_of(image: Found, prints: Record, *, source: str, labelled: bool) -> Record:
    """The canonical record of one image, but for its place in a shard, which the writer knows."""
    return {
        "id": f"{source}/{image.key}",
        "caption": image.caption,
        "language": image.language,
        "source": source,
        "url": image.url,
        "licence": image.licence,
        "author": image.author,
        **prints,
        "label": image.label if labelled else "",
        "domain": source if labelled else "",
        "split": "evaluation" if labelled else "",
    }


def _fingerprinted(batch: list[Found]) -> list[tuple[Found, Record]]:
    return [(image, fingerprints(image.image_bytes)) for image in batch]

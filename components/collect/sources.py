"""From a source's settings to its images: picks the adapter of the source's format."""

from collections.abc import Iterator, Sequence
from itertools import islice

from components.collect.coco import read_coco
from components.collect.folder import read_folder
from components.collect.found import Found
from components.collect.params import (
    CocoSource,
    FolderSource,
    PublishedSource,
    Source,
    SyntheticParams,
    SyntheticSource,
    TableSource,
    WebdatasetSource,
)
from components.collect.rows import SourceError
from components.collect.synthetic import read_synthetic
from components.collect.table import read_table
from components.collect.webdataset import read_webdataset


def read_source(
    source: Source, *, labelled: bool, synthetic: SyntheticParams, evaluation: Sequence[Source], workers: int
) -> Iterator[Found]:
    """The images of one source in a stable order; with `labelled`, each with its true class.

    Raises:
        SourceError: the source cannot be read as its settings say, or holds no image; the message names it.
    """
    found = (
        _drawn(source, labelled=labelled, synthetic=synthetic, evaluation=evaluation, workers=workers)
        if isinstance(source, SyntheticSource)
        else islice(_published(source, labelled=labelled), source.limit or None)
    )
    try:
        yield from found
    except SourceError as error:
        section = "evaluation" if labelled else "corpus"
        raise SourceError(f"params.yaml: collect.{section}, source `{source.name}`: {error}") from None


def _published(source: PublishedSource, *, labelled: bool) -> Iterator[Found]:
    match source:
        case WebdatasetSource():
            return read_webdataset(source, labelled=labelled)
        case TableSource():
            return read_table(source, labelled=labelled)
        case FolderSource():
            return read_folder(source, labelled=labelled)
        case CocoSource():
            return read_coco(source, labelled=labelled)
    raise AssertionError(f"no adapter for {type(source).__name__}")


def _drawn(
    source: SyntheticSource, *, labelled: bool, synthetic: SyntheticParams, evaluation: Sequence[Source], workers: int
) -> Iterator[Found]:
    """Synthetic images; faults are planted in the corpus alone, copies among them of synthetic evaluation images."""
    return read_synthetic(
        source_name=source.name,
        style=source.style,
        images=source.images,
        size_px=synthetic.image_px,
        seed=synthetic.seed,
        fault_rates={} if labelled else synthetic.faults.model_dump(),
        evaluation=[(other.style, other.images) for other in evaluation if isinstance(other, SyntheticSource)],
        workers=workers,
    )

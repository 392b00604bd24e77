"""Settings of the stage `index`."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from components.params import Section


class IndexParams(Section):
    """How vectors are arranged for search by inner product."""

    kind: Literal["flat", "ivf"]
    """`flat` compares with every vector and is exact; `ivf` scans the `nprobe` nearest of `lists` k-means lists."""
    lists: PositiveInt
    """Number of inverted lists (`ivf`)."""
    nprobe: PositiveInt
    """Lists scanned for each query (`ivf`)."""
    recall_queries: PositiveInt
    """Queries of each modality in the recall measurement."""
    seed: NonNegativeInt
    """Seed of k-means and of the measured queries."""
    threads: int = Field(ge=1)
    """CPU threads of FAISS."""

"""The index's card as people read it: what a search finds, what it scans, and how long it takes on this machine.

Recall, work and size are the stage's own figures (data/index/card.json); a time is no output of a stage, so latency is
measured here, when the card is shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from components.outputs import read_json

CARD = Path("data/index/card.json")
TIMED_QUERIES = 200
"""Most queries of each row that are timed, one by one."""
LEAST_QUERIES = 8
SECONDS_A_ROW = 3.0
"""About the longest that a row's queries beyond the least are timed: a huge index is shown in seconds too."""


@dataclass(frozen=True)
class Row:
    """One way of asking."""

    side: str
    """Whose vectors are searched: `image` or `text`."""
    query: str
    """What the queries are vectors of: `text` or `image`."""
    budget: int
    """Lists probed (hnsw: candidates kept); 0 where every vector is compared."""
    scanned: float
    """Stored vectors compared with a query, as a share of all, 0 to 1."""
    recall: dict[int, float]
    """Recall against exact search at 1, 10 and 64 neighbours, 0 to 1; none at a depth the index does not have."""
    p50_ms: float
    """Median time of a search for ten neighbours, one query at a time."""
    p99_ms: float


@dataclass(frozen=True)
class IndexCard:
    """An index in figures."""

    kind: str
    codec: str
    vectors: int
    bytes_per_vector: dict[str, float]
    """By side."""
    list_imbalance: dict[str, float]
    """By side; 1 is even."""
    threads: int
    rows: list[Row]

    @property
    def words(self) -> str:
        """The head of the card in a line."""
        sides = (
            f"{side} {self.bytes_per_vector[side]:,.0f} bytes a vector, list imbalance {self.list_imbalance[side]:.2f}"
            for side in self.bytes_per_vector
        )
        return f"{self.kind}, codec {self.codec}, {self.vectors:,} vectors a side ({'; '.join(sides)})"

    def table(self) -> list[dict[str, str]]:
        """The rows as text, for a terminal or a page."""
        from components.index.card import budget_name

        depths = sorted({depth for row in self.rows for depth in row.recall})
        return [
            {
                "side": row.side,
                "query": row.query,
                budget_name(self.kind): str(row.budget or "all"),
                "scanned": f"{row.scanned:.1%}",
                **{f"recall@{depth}": f"{row.recall[depth]:.3f}" if depth in row.recall else "" for depth in depths},
                "p50, ms": f"{row.p50_ms:.2f}",
                "p99, ms": f"{row.p99_ms:.2f}",
            }
            for row in self.rows
        ]


def index_card(root: Path) -> IndexCard:
    """Read the card of the index in `root`, and time its searches for ten neighbours with its own held-out queries.

    Raises:
        ValueError: there is no index yet, or it is damaged.
    """
    if not (root / CARD).is_file():
        raise ValueError(f"{root / CARD} does not exist: there is no index yet. Run `make run` first.")
    import faiss

    from components.index.params import IndexParams
    from components.vector_index import read_manifest

    stated = read_json(root / CARD)
    sides = [name for name in ("image", "text") if name in stated]
    built_with = read_manifest(root / CARD.parent / sides[0])["settings"]
    params = IndexParams.model_validate(built_with)
    faiss.omp_set_num_threads(params.threads)
    return IndexCard(
        kind=stated["kind"],
        codec=stated["codec"],
        vectors=int(stated[sides[0]]["vectors"]),
        bytes_per_vector={side: stated[side]["bytes_per_vector"] for side in sides},
        list_imbalance={side: stated[side]["list_imbalance"] for side in sides},
        threads=params.threads,
        rows=[row for side in sides for row in _rows(root, side, stated, params)],
    )


def queries_in_time(p50_ms: float) -> int:
    """How many queries of so many milliseconds SECONDS_A_ROW allow, between the least and the most."""
    return max(LEAST_QUERIES, min(TIMED_QUERIES, int(1000 * SECONDS_A_ROW / p50_ms)))


def _rows(root: Path, side: str, stated: dict[str, Any], params: Any) -> Iterator[Row]:
    from components.index.card import DEPTHS, asked, budgets_of, latency
    from components.index.taught import held_out
    from components.vector_index import open_index

    index = open_index(root / CARD.parent / side, model_sha256=stated["model_sha256"], checked=False)
    held_Q = held_out(index.vectors, params.recall_queries, params.seed)[:TIMED_QUERIES]
    figures = stated[side]
    for modality in ("text", "image"):
        query_QD = np.load(root / f"data/embed/corpus_{modality}.npy", mmap_mode="r")[held_Q]
        for budget in budgets_of(index, params.nprobe_budgets):
            name = asked(modality, index.kind, budget)
            depths = [depth for depth in DEPTHS if f"{name}_recall_at_{depth}" in figures]
            ask = partial(latency, index, k=min(10, index.vectors), modality=modality, nprobe=budget or None)
            first = ask(query_QD=query_QD[:LEAST_QUERIES], warm_up=1)
            took = (
                ask(query_QD=query_QD[: queries_in_time(first["p50_ms"])]) if len(query_QD) > LEAST_QUERIES else first
            )
            yield Row(
                side=side,
                query=modality,
                budget=budget,
                scanned=figures[f"{name}_vectors_scanned"] / index.vectors,
                recall={depth: figures[f"{name}_recall_at_{depth}"] for depth in depths},
                **took,
            )

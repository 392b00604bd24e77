"""Settings of the stage `index`."""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from components.params import Section


class IndexParams(Section):
    """How vectors are arranged for search by inner product."""

    kind: Literal["flat", "ivf", "paired", "routed", "hnsw"]
    """`flat` is exact; `ivf`, `paired` (by captions) and `routed` (by `router`) probe lists; `hnsw` walks a graph."""
    codec: Literal["flat", "fp16", "sq8", "sq4", "pq"]
    """How a vector is kept: 4, 2, 1 or half a byte a dimension, or `pq_bytes` bytes in all."""
    pq_bytes: PositiveInt
    """Bytes a vector of the codec `pq`; divides the width."""
    residuals: bool
    """Code the difference from the list's centroid, not the vector itself (lists, with any codec but flat)."""
    centred: bool
    """Subtract the mean (of the vectors, or of the residuals) before coding; scores stay inner products."""
    lists: PositiveInt
    """Number of inverted lists (ivf, paired, routed)."""
    nprobe: PositiveInt
    """Lists scanned for each query (ivf, paired, routed)."""
    iterations: PositiveInt
    """Rounds of k-means; FAISS and the paper of paired k-means take 10."""
    train_vectors_per_list: PositiveInt
    """Most vectors (or pairs) that k-means learns from, for each list."""
    pairing_images: PositiveInt
    """Most images among which each caption's nearest is sought, exactly (paired, routed); most captions (hnsw)."""
    balance_rounds: NonNegativeInt
    """Rounds of setting prices that move images out of large lists (paired); 0: none, each goes to its nearest."""
    router: Literal["table", "linear"]
    """What sends text queries to image lists (routed): each list's mean caption, or a map learned from captions."""
    router_neighbours: PositiveInt
    """Exact nearest images of a caption whose lists the linear router learns to name."""
    router_epochs: NonNegativeInt
    """Passes over the captions; the best on held-out captions is kept, untrained included."""
    router_learning_rate: PositiveFloat
    """Step size of Adam for the linear router."""
    router_held_out: float = Field(gt=0, lt=1)
    """Share of the router's captions that choose its epoch and teach it nothing."""
    spill_margin: NonNegativeFloat
    """A vector whose second centroid is less than this cosine behind its first is in both lists (routed); 0: none."""
    hnsw_links: int = Field(ge=2)
    """Links of a vector in the graph (hnsw)."""
    hnsw_construction: PositiveInt
    """Candidates kept while linking a new vector (hnsw)."""
    hnsw_search: PositiveInt
    """Candidates kept while searching (hnsw)."""
    hnsw_caption_links: NonNegativeInt
    """Most links from a caption's nearest image to its other nearest images, in free places (hnsw); 0: none."""
    hnsw_caption_neighbours: int = Field(ge=2)
    """Exact nearest images of a caption, among a shard's, that those links choose from (hnsw)."""
    vectors_per_shard: PositiveInt
    """Vectors built and finished at a time; a killed build resumes at the last finished shard."""
    on_disk: bool
    """Leave the inverted lists (or the vectors of flat and hnsw) on disk, memory-mapped."""
    nprobe_budgets: list[PositiveInt] = Field(min_length=1)
    """Numbers of probed lists at which the card measures; for hnsw of candidates kept, 64 at least."""
    recall_queries: PositiveInt
    """Queries of each modality on the card, at most a tenth of the vectors; nothing is learned from them."""
    seed: NonNegativeInt
    """Seed of k-means, of samples and of the measured queries."""
    threads: int = Field(ge=1)
    """CPU threads of FAISS."""

    @model_validator(mode="after")
    def _combination(self) -> Self:
        if self.kind == "hnsw" and self.codec == "pq":
            raise ValueError(
                "index.kind hnsw has no codec pq: FAISS links such a graph by Euclidean distances of codes, which "
                "are wrong for inner products. Set index.codec to sq8 or sq4, or index.kind to ivf."
            )
        if self.kind == "paired" and self.pairing_images < self.lists:
            raise ValueError(
                f"index.pairing_images is {self.pairing_images}, fewer than index.lists {self.lists}: each list begins "
                "with an image. Raise pairing_images or lower lists."
            )
        for name, kind in KIND_OF.items():
            if getattr(self, name) and self.kind != kind:
                raise ValueError(f"index.{name} belongs to index.kind {kind}. Set it to 0, or the kind to {kind}.")
        return self


KIND_OF = {"spill_margin": "routed", "balance_rounds": "paired"}
"""Settings that are 0 for every other kind."""

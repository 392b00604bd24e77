"""Empty FAISS indexes for each kind and codec: all of FAISS's class names stand here.

Shape legend: N = training vectors, L = lists, D = width.
"""

from typing import Any

import faiss
import numpy as np

from components.index.params import IndexParams

IP = faiss.METRIC_INNER_PRODUCT
SCALAR = {
    "fp16": faiss.ScalarQuantizer.QT_fp16,
    "sq8": faiss.ScalarQuantizer.QT_8bit,
    "sq4": faiss.ScalarQuantizer.QT_4bit,
}
PQ_BITS = 8
PQ_LEAST_VECTORS = 2**PQ_BITS


def check_codec(params: IndexParams, width: int, vectors: int) -> None:
    """Refuse a codec that does not fit the vectors.

    Raises:
        ValueError: product quantisation of a width that its bytes do not divide, or of too few vectors.
    """
    if params.codec != "pq":
        return
    if width % params.pq_bytes:
        raise ValueError(
            f"params.yaml: index.pq_bytes is {params.pq_bytes}, which does not divide the vectors' width {width}. "
            "Take a divisor, or another index.codec."
        )
    if vectors < PQ_LEAST_VECTORS:
        raise ValueError(
            f"params.yaml: index.codec is pq, which learns {PQ_LEAST_VECTORS} codewords, but there are only "
            f"{vectors} vectors to learn from. Set index.codec to flat, or raise index.train_vectors_per_list."
        )


def empty_lists(centroid_LD: np.ndarray, params: IndexParams) -> Any:
    """An inverted-file index around these centroids, its codec untrained."""
    lists, width = centroid_LD.shape
    quantizer = faiss.IndexFlatIP(width)
    quantizer.add(centroid_LD)
    if params.codec == "flat":
        index: Any = faiss.IndexIVFFlat(quantizer, width, lists, IP)
    elif params.codec == "pq":
        index = faiss.IndexIVFPQ(quantizer, width, lists, params.pq_bytes, PQ_BITS, IP)
        index.by_residual = params.residuals
    else:
        index = faiss.IndexIVFScalarQuantizer(quantizer, width, lists, SCALAR[params.codec], IP, params.residuals)
    index.nprobe = min(params.nprobe, lists)
    return index


def train_lists_codec(index: Any, coded_ND: np.ndarray, list_N: np.ndarray) -> None:
    """Let the codec learn from what it will code: residuals where `index.by_residual`, else the vectors."""
    coded_ND = np.ascontiguousarray(coded_ND, dtype=np.float32)
    if hasattr(index, "pq"):
        _quiet(index.pq.cp)
    list_N = np.ascontiguousarray(list_N, dtype=np.int64)
    index.train_encoder(len(coded_ND), faiss.swig_ptr(coded_ND), faiss.swig_ptr(list_N))
    index.is_trained = True


def empty_part(width: int, params: IndexParams) -> Any:
    """An index without lists (flat, hnsw), untrained."""
    if params.kind == "hnsw":
        if params.codec == "flat":
            graph: Any = faiss.IndexHNSWFlat(width, params.hnsw_links, IP)
        else:
            graph = faiss.IndexHNSWSQ(width, SCALAR[params.codec], params.hnsw_links, IP)  # type: ignore[arg-type]
        graph.hnsw.efConstruction = params.hnsw_construction
        return graph
    if params.codec == "flat":
        return faiss.IndexFlatIP(width)
    if params.codec == "pq":
        index = faiss.IndexPQ(width, params.pq_bytes, PQ_BITS, IP)
        _quiet(index.pq.cp)
        return index
    return faiss.IndexScalarQuantizer(width, SCALAR[params.codec], IP)


def room_for(index: Any, vectors: int) -> None:
    """Let a part take all its vectors' memory at once: growing by doubling would hold the vectors twice."""
    codes: Any = faiss.downcast_index(index.storage) if hasattr(index, "storage") else index
    codes.codes.resize(vectors * codes.code_size)
    codes.codes.resize(0)


def _quiet(clustering: Any) -> None:
    clustering.min_points_per_centroid = 1  # FAISS would print a warning below 39

"""Kinds of index side by side over real vectors: recall@10 against work and time, as a table, lines and plots.

    python -m benchmarks.retrieval.vectors data/embed [--lists 128] [--seeds 1 2 3] [--gaps own 0.5 0.8] [--full]
    python -m benchmarks.retrieval.vectors data/embed --sweep

The folder holds corpus_image.npy and corpus_text.npy of a run. --sweep goes through numbers of lists and widths, for an
hour at most; the same command goes on where it stopped. Kinds are compared at equal work (1, 2, 5 and 10 % of
the vectors scanned), at equal nprobe and in equal time, for held-out text queries and image queries, as they are and
with the gap widened. Settings not named here are those of params.yaml's section `index`, with codec flat. Lines of
results.jsonl that are there already, of the same vectors and settings, are not measured again.

Shape legend: N = pairs, Q = queries, D = width.
"""

import argparse
import hashlib
import itertools
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.retrieval.curves import SHARES, K, Questions, curve, nearest_to
from benchmarks.retrieval.gap import gap_of, widened
from benchmarks.retrieval.kinds import KINDS, Opened, opened_index
from benchmarks.retrieval.narrowed import narrowed
from benchmarks.retrieval.plots import draw
from benchmarks.retrieval.results import Results
from benchmarks.retrieval.tables import tables
from components.index.card import imbalance, latency
from components.index.exact import nearest
from components.index.params import IndexParams
from components.index.taught import held_out
from components.index.vectors import open_pair
from components.params import PARAMS_FILE, load_section
from components.vector_index import Modality

OWN = "own"
SHARE_TIMED = 0.05
MODALITIES: tuple[Modality, ...] = ("text", "image")
FULL_GAPS = (OWN, "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0")
FULL_LISTS = (32, 64, 128, 256)
SWEEP_WIDTHS = ("32", "64", OWN)
SWEEP_KINDS = ("ivf", "paired", "paired-balanced", "routed-linear", "hnsw", "hnsw-captions")
SWEEP_MINUTES = 60.0
QUERIES, FULL_QUERIES = 500, 1000


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    lists: Sequence[int]
    seeds: Sequence[int]
    gaps: Sequence[str]
    """`own`, or centroid distances."""
    kinds: Sequence[str]
    queries: int
    """Held-out queries of each modality, at most a tenth of the vectors."""
    widths: Sequence[str] = (OWN,)
    """`own`, or smaller numbers of dimensions."""
    minutes: float = math.inf
    """After so long nothing new is begun."""


def measure(embed: Path, out: Path, plan: Plan, base: IndexParams) -> list[dict[str, Any]]:
    """A line for each width, gap, number of lists, seed and kind, from `out`'s results.jsonl or measured now.

    Once `plan.minutes` are over, only what is there already comes back.

    Raises:
        FileNotFoundError: there are no vectors.
        ValueError: they are faulty, or too few for the lists.
    """
    faiss.omp_set_num_threads(base.threads)
    results, lines, left = Results(out / "results.jsonl"), [], 0
    end = time.monotonic() + 60 * plan.minutes
    with tempfile.TemporaryDirectory(prefix="kakehashi-vectors-") as scratch:
        for width, gap, opened, facts in variants(embed, plan, Path(scratch)):
            for lists, seed, name in itertools.product(plan.lists, plan.seeds, plan.kinds):
                changes = {"lists": lists, "seed": seed, "recall_queries": plan.queries}
                params = IndexParams.model_validate({**base.model_dump(), **changes})
                what = {"width": width, "gap": gap, "lists": lists, "seed": seed, "kind": name}
                key = {"of": fingerprint(opened, params), **what}
                line = results.find(key)
                if line is None and time.monotonic() >= end:
                    left += 1
                    continue
                if line is None:
                    line = {**key, **facts, **one(name, opened, params, Path(scratch))}
                    results.add(line)
                    print(f"measured: {', '.join(f'{k} {v}' for k, v in what.items())}", file=sys.stderr, flush=True)
                lines.append(line)
    if left:
        print(f"stopped: {left} are left. The same command goes on with them.", file=sys.stderr, flush=True)
    return lines


def variants(embed: Path, plan: Plan, scratch: Path) -> Iterator[tuple[str, str, Opened, dict[str, float]]]:
    """The vectors at each width and gap, and what the gap then is.

    Raises:
        FileNotFoundError: the folder holds no vectors.
        ValueError: they are faulty, or not wider than a width that was asked for.
    """
    if not (embed / "corpus_image.npy").is_file():
        raise FileNotFoundError(
            f"{embed} holds no corpus_image.npy. Name the folder of a run's vectors, as data/embed."
        )
    for width in plan.widths:
        folder = embed
        if width != OWN:
            folder = scratch / f"width-{width}"
            folder.mkdir()
            sides = ("image", "text")
            image_ND, text_ND = (np.load(embed / f"corpus_{side}.npy") for side in sides)
            narrow = narrowed(image_ND, text_ND, int(width))
            for side, vector_NW in zip(sides, narrow, strict=True):
                np.save(folder / f"corpus_{side}.npy", vector_NW)
        for gap, opened, facts in at_gaps(folder, plan.gaps, scratch):
            yield width, gap, opened, facts


def at_gaps(embed: Path, gaps: Sequence[str], scratch: Path) -> Iterator[tuple[str, Opened, dict[str, float]]]:
    """The vectors at each gap, and what the gap then is; one that is narrower than their own is passed over.

    Raises:
        ValueError: they are faulty.
    """
    own = open_pair(embed / "corpus_image.npy", embed / "corpus_text.npy")
    image_ND, text_ND = (np.load(own[side].file) for side in ("image", "text"))
    for gap in gaps:
        if gap == OWN:
            yield gap, own, gap_of(image_ND, text_ND)
            continue
        try:
            moved_ND = widened(image_ND, text_ND, float(gap), seed=0)
        except ValueError as error:
            print(f"passed over: {error}", file=sys.stderr, flush=True)
            continue
        file = scratch / f"text-{gap}.npy"
        np.save(file, moved_ND)
        yield gap, open_pair(own["image"].file, file), gap_of(image_ND, moved_ND)


def one(name: str, opened: Opened, params: IndexParams, scratch: Path) -> dict[str, Any]:
    """Evenness of the lists, the curves of both modalities, and time where 5 % of the vectors are scanned."""
    stored = opened["image"]
    held_Q = held_out(stored.rows, params.recall_queries, params.seed)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        index = opened_index(KINDS[name], opened, params, held_Q, Path(folder))
        found: dict[str, Any] = {"list_imbalance": round(imbalance(index.list_sizes_L), 4)}
        for modality in MODALITIES:
            query_QD = opened[modality].take(held_Q)
            but_Q = held_Q if modality == "image" else None
            exact_QK = nearest(query_QD, stored.blocks(), K, but_Q=but_Q)[0]
            points = curve(index, Questions(modality, query_QD, exact_QK, but_Q), stored)
            timed = nearest_to(points, SHARE_TIMED)
            times = latency(index, query_QD, K, modality=modality, nprobe=timed.nprobe)
            found[modality] = [asdict(point) for point in points]
            found[f"{modality}_timed"] = {"nprobe": timed.nprobe, "share": timed.share, **times}
    return found


def fingerprint(opened: Opened, params: IndexParams) -> str:
    """Of the vectors and of all settings: what would make a line another line."""
    values = {**{side: vectors.sha256 for side, vectors in opened.items()}, **params.model_dump()}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def report(lines: Sequence[dict[str, Any]], out: Path) -> None:
    """Tables on the screen, a plot a width, gap and number of lists in `out`."""
    groups = itertools.groupby(lines, key=lambda line: (line["width"], line["gap"], line["lists"]))
    for (width, gap, lists), group in groups:
        some = list(group)
        distance, cosine = some[0]["centroid_distance"], some[0]["pair_cosine"]
        title = f"width {width}, gap {gap}: centroid distance {distance:.2f}, pair cosine {cosine:.2f}; {lists} lists"
        print(f"\n== {title}; means over the seeds, in brackets largest minus smallest")
        for heading, table in tables(some).items():
            print(f"\n{heading}\n{table.to_string()}")
        name = f"recall-gap-{gap}-lists-{lists}" + (f"-width-{width}" if width != OWN else "")
        file = draw(some, out / f"{name}.svg", title, SHARES)
        print(f"\nplot: {file}", flush=True)


def gap_name(text: str) -> str:
    """`own` or a distance, as the command line gives it.

    Raises:
        ArgumentTypeError: it is neither.
    """
    try:
        known = text == OWN or 0 < float(text) < 2
    except ValueError:
        known = False
    if not known:
        raise argparse.ArgumentTypeError(f"{text} is neither `{OWN}` nor a centroid distance between 0 and 2")
    return text


def width_name(text: str) -> str:
    """`own` or a number of dimensions, as the command line gives it.

    Raises:
        ArgumentTypeError: it is neither.
    """
    if text != OWN and not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} is neither `{OWN}` nor a number of dimensions")
    return text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog=OTHER_JOBS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("embed", type=Path, help="folder with corpus_image.npy and corpus_text.npy")
    parser.add_argument("--lists", nargs="+", type=int, default=[128], help="numbers of inverted lists")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="of k-means and of held-out queries")
    parser.add_argument(
        "--gaps", nargs="+", type=gap_name, default=[OWN, "0.5", "0.8"], help="`own` or centroid distances"
    )
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="KIND", help=KINDS_HELP)
    parser.add_argument("--full", action="store_true", help="more gaps, more numbers of lists, more queries: hours")
    parser.add_argument(
        "--widths", nargs="+", type=width_name, default=[OWN], help="`own` or fewer dimensions, by leading directions"
    )
    parser.add_argument("--sweep", action="store_true", help="many lists and widths, an hour at most, resumable")
    parser.add_argument("--threads", type=int, default=1, help="of FAISS; times of one query want one")
    parser.add_argument("--out", type=Path, default=Path("data/bench/retrieval"), help="folder of lines and plots")
    options = parser.parse_args()
    try:
        base = load_section("index", IndexParams, PARAMS_FILE).model_copy(update={"threads": options.threads})
        plan = Plan(options.lists, options.seeds, options.gaps, options.kinds, QUERIES, options.widths)
        if options.full:
            plan = Plan(FULL_LISTS, options.seeds, FULL_GAPS, options.kinds, FULL_QUERIES, options.widths)
        if options.sweep:
            plan = Plan(FULL_LISTS, [options.seeds[0]], [OWN], SWEEP_KINDS, QUERIES, SWEEP_WIDTHS, SWEEP_MINUTES)
        report(measure(options.embed, options.out, plan, base), options.out)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(str(error))


KINDS_HELP = f"some of: {', '.join(KINDS)}"
OTHER_JOBS = """the vectors of another job, as examples/emoji.yaml or examples/ldraw.yaml, come from its run in a clone:
  git clone . ../emoji && cd ../emoji && make install
  .venv/bin/kakehashi run --overlay examples/emoji.yaml
and then, here: python -m benchmarks.retrieval.vectors ../emoji/data/embed --out data/bench/emoji"""

if __name__ == "__main__":
    main()

"""How an index grows: build time, peak memory, bytes, recall and latency over made-up vectors of several sizes.

    python -m benchmarks.retrieval.size [--rows 100000 1000000] [--width 512] [--kinds ivf paired routed hnsw]
                                        [--set on_disk=true vectors_per_shard=50000]

The vectors have a published CLIP's gap (centroid distance 0.8, pair cosine 0.3). They are made once and stay in
--folder, with results.jsonl, whose lines are not measured again. Lists grow as the square root of the vectors; all
other settings are those of params.yaml's section `index`, changed by --set. An index is deleted once measured: a
million vectors of width 512 take about 4 GB of disk and, while an index of them is built, as much again.
docs/scale.md says how to read slopes.
"""

import argparse
import hashlib
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from benchmarks.retrieval.growth import carried_on, slope
from benchmarks.retrieval.made import Recipe, write_pairs
from benchmarks.retrieval.results import Results
from components.index.params import KIND_OF, IndexParams
from components.params import PARAMS_FILE, load_section

ROOT = Path(__file__).parents[2]
KINDS = ("ivf", "paired", "routed", "hnsw")
ALLOWED_TIMES, ALLOWED_BYTES = 1.2, 300e6
"""Peak memory of a build may be so many times the finished index, plus this."""
FAR = (10**8, 2 * 10**9)
"""Sizes that the slopes are carried on to."""


def recipe_of(width: int) -> Recipe:
    """Vectors like a published CLIP's, a cluster each for about a hundred images of 10^5."""
    return Recipe(width=width, gap=0.8, pair_cosine=0.3, cone=0.5, clusters=1000, spread=0.7, decay=0.5, seed=1)


def measure(
    sizes: Sequence[int],
    recipe: Recipe,
    kinds: Sequence[str],
    base: IndexParams,
    folder: Path,
    changed: Mapping[str, Any] = MappingProxyType({}),
) -> pd.DataFrame:
    """A row for each size and kind, from the folder's results.jsonl or measured now.

    Args:
        sizes: numbers of vectors.
        recipe: what the vectors are like.
        kinds: of index.
        base: settings of what is not named here.
        folder: where vectors and results stay.
        changed: other settings; one that belongs to a kind is 0 for the other kinds.

    Raises:
        ValueError: the settings cannot be.
        RuntimeError: a build failed; its own words stand on standard error.
    """
    results, lines = Results(folder / "results.jsonl"), []
    for rows in sizes:
        for kind in kinds:
            others = {name: 0 for name, owner in KIND_OF.items() if owner != kind}
            values = {**base.model_dump(), **changed, "kind": kind, "lists": lists_for(rows), **others}
            params = IndexParams.model_validate(values)
            key = {"of": fingerprint(asdict(recipe), params.model_dump()), "rows": rows, "kind": kind}
            line = results.find(key)
            if line is None:
                found = in_a_process(vectors_of(recipe, rows, folder), params, folder)
                line = {**key, "lists": 0 if kind == "hnsw" else params.lists, **found}
                results.add(line)
                print(f"measured: {rows} vectors, {kind}", file=sys.stderr, flush=True)
            lines.append(line)
    table = pd.DataFrame(lines).drop(columns="of")
    table["peak_of_allowed"] = table["peak_rss_bytes"] / (ALLOWED_TIMES * table["index_bytes"] + ALLOWED_BYTES)
    return table


def lists_for(rows: int) -> int:
    """The power of two nearest to the square root, by ratio."""
    return int(2 ** round(math.log2(math.sqrt(rows))))


def vectors_of(recipe: Recipe, rows: int, folder: Path) -> Path:
    """The folder of these vectors, made if they are not there."""
    vectors = folder / f"vectors-{rows}-{fingerprint(asdict(recipe))}"
    if not all((vectors / f"corpus_{side}.npy").is_file() for side in ("image", "text")):
        write_pairs(recipe, rows, vectors)
    return vectors


def in_a_process(vectors: Path, params: IndexParams, folder: Path) -> dict[str, float]:
    """What one_build.py prints.

    Raises:
        RuntimeError: it ended with another exit code than 0.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="build-") as place:
        module = "benchmarks.retrieval.one_build"
        command = [sys.executable, "-m", module, str(vectors.resolve()), params.model_dump_json(), place]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{module} of {params.kind} over {vectors} failed with exit code {done.returncode}.")
    return dict(json.loads(done.stdout))


def fingerprint(*values: dict[str, Any]) -> str:
    """A short name for values; the same for the same ones."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def growth(table: pd.DataFrame) -> pd.DataFrame:
    """Slopes of each kind from its smallest to its largest size, and the costs at FAR if they hold."""
    found = []
    for kind, mine in table.sort_values("rows").groupby("kind", sort=False):
        small, large = mine.iloc[0], mine.iloc[-1]
        row: dict[str, Any] = {"kind": kind}
        for name, unit, heading in COSTS:
            power = slope(small["rows"], small[name], large["rows"], large[name])
            row[f"{heading} slope"] = round(power, 2)
            for rows in FAR:
                row[f"{heading} at {rows:.0e}"] = float(
                    f"{carried_on(large['rows'], large[name], power, rows) / unit:.3g}"
                )
        found.append(row)
    return pd.DataFrame(found)


COSTS = (
    ("build_seconds", 3600, "build h"),
    ("peak_rss_bytes", 1e9, "peak GB"),
    ("index_bytes", 1e9, "index GB"),
    ("p50_ms", 1, "p50 ms"),
)
"""Column, divisor to the unit shown, heading."""


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The table in units for reading."""
    megabytes = {"peak_rss_bytes": "peak_rss_mb", "index_bytes": "index_mb"}
    table = table.assign(**{name: table[name] / 1e6 for name in megabytes}).rename(columns=megabytes)
    return table.round(dict.fromkeys(table.select_dtypes("float"), 3))


def setting(text: str) -> tuple[str, str]:
    """Name and value of `on_disk=true`, as the command line gives it.

    Raises:
        ArgumentTypeError: it is not of this form.
    """
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"{text} is no NAME=VALUE, as on_disk=true")
    return name, value


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000], help="numbers of vectors")
    parser.add_argument("--width", type=int, default=512, help="of a vector")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="of index")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "kakehashi-size", help="for all files"
    )
    parser.add_argument(
        "--set", nargs="+", type=setting, default=[], metavar="NAME=VALUE", help="other settings of the section `index`"
    )
    options = parser.parse_args()
    try:
        base = load_section("index", IndexParams, PARAMS_FILE)
        options.folder.mkdir(parents=True, exist_ok=True)
        table = measure(options.rows, recipe_of(options.width), options.kinds, base, options.folder, dict(options.set))
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))
    print(shown(table).to_string(index=False))
    if table["rows"].nunique() > 1:
        print(f"\nGrowth, carried on by power laws\n{growth(table).set_index('kind').T.to_string()}")


if __name__ == "__main__":
    main()

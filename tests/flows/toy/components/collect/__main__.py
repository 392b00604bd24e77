"""Toy stage `collect`: numbers.txt becomes data/collect/numbers.csv and the records of data/validate."""

import os
import sys
from pathlib import Path

import pandas as pd

from components.collect.params import CollectParams
from components.outputs import whole_folder, write_json
from components.params import ParamsError, load_section
from components.stage import one_line

try:
    params = load_section("collect", CollectParams)
    source = Path(os.environ.get("KAKEHASHI_HOME", ".")) / params.source
    if not source.is_file():
        raise ParamsError(f"params.yaml: collect.source is {params.source}, which does not exist. Name a file.")
except ParamsError as error:
    sys.exit(str(error))
numbers = [number for number in source.read_text().split() if number not in params.without.numbers]
try:
    with whole_folder(Path(sys.argv[1])) as out:
        (out / "numbers.csv").write_text("\n".join(numbers))
        for number in range(params.ballast_files):
            (out / f"{number}.txt").write_text(f"ballast {number}\n")
except OSError as error:
    sys.exit(f"collect: {one_line(error)}")
with whole_folder(Path("data/validate")) as out:
    records = pd.DataFrame({"id": [f"number-{number}" for number in numbers], "licence": "CC0-1.0"})
    records.to_parquet(out / "accepted.parquet", index=False)
write_json({"numbers": len(numbers)}, Path("data/metrics/collect.json"))

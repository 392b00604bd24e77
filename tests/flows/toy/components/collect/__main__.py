"""Toy stage `collect`: numbers.txt becomes data/collect/numbers.csv."""

import os
import sys
from pathlib import Path

from components.collect.params import CollectParams
from components.outputs import whole_folder, write_json
from components.params import ParamsError, load_section

try:
    params = load_section("collect", CollectParams)
    source = Path(os.environ.get("KAKEHASHI_HOME", ".")) / params.source
    if not source.is_file():
        raise ParamsError(f"params.yaml: collect.source is {params.source}, which does not exist. Name a file.")
except ParamsError as error:
    sys.exit(str(error))
numbers = source.read_text().split()
with whole_folder(Path(sys.argv[1])) as out:
    (out / "numbers.csv").write_text("\n".join(numbers))
write_json({"numbers": len(numbers)}, Path("data/metrics/collect.json"))

"""Toy stage `retrieve`: label names become data/retrieve/labels.json."""

import sys
from pathlib import Path

from components.outputs import whole_folder, write_json
from components.params import load_section
from components.retrieve.params import RetrieveParams

params = load_section("retrieve", RetrieveParams)
labels = [{"name": label.name, "names": [label.name]} for label in params.labels]
with whole_folder(Path(sys.argv[2])) as out:
    write_json({"labels": labels, "templates": ["a {}"]}, out / "labels.json")

"""Toy stage `retrieve`: label names become data/retrieve/labels.json, records that nobody rejected its selection."""

import sys
from pathlib import Path

import pandas as pd
from PIL import Image

from components.outputs import whole_folder, write_json
from components.params import load_section
from components.retrieve.params import RetrieveParams
from components.retrieve.review import read_review

params = load_section("retrieve", RetrieveParams)
names = [label.name for label in params.labels]
ids = pd.read_parquet(Path(sys.argv[1]) / "accepted.parquet")["id"]
review = read_review(Path(sys.argv[2]), ids=ids, labels=names)
chosen = ids[~ids.isin(review.loc[review["verdict"] == "reject", "id"])].reset_index(drop=True)
if len(chosen) < len(names):
    sys.exit(f"retrieve: {len(chosen)} records are left for {len(names)} labels. Reject fewer.")
label = [names[place % len(names)] for place in range(len(chosen))]
with whole_folder(Path(sys.argv[3])) as out:
    write_json(
        {"labels": [{"name": name, "names": [name]} for name in names], "templates": ["a {}"]}, out / "labels.json"
    )
    selection = pd.DataFrame({"id": chosen, "label": label, "confidence": [1 / (2 + at) for at in range(len(chosen))]})
    selection.to_parquet(out / "selection.parquet", index=False)
    Image.new("RGB", (40, 20), (200, 30, 30)).save(out / "sheet.png")

"""Toy stage `report`: the gain in money, as one page."""

import sys
from pathlib import Path

from components.outputs import read_json, whole_folder, write_json
from components.params import load_section
from components.report.params import ReportParams

params = load_section("report", ReportParams)
gain = read_json(Path("data/metrics/evaluate.json"))["gain"]["accuracy_points"]
with whole_folder(Path(sys.argv[1])) as out:
    (out / "index.html").write_text(f"<p>{gain:.1f} points</p>\n")
    (out / "summary.md").write_text(f"## Adopt: {gain:.1f} points\n")
    (out / "model_card.md").write_text(f"# Toy\n\n{gain:.1f} points\n")
    (out / "data_card.md").write_text("# Toy data\n")
write_json({"saved_usd": gain * params.wage, "gain_points": gain}, Path("data/metrics/report.json"))

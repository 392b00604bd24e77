"""Stage `compose`: rules and plan of compositions, audited, with a preview.

Reads   <selection>              selection.parquet of `retrieve`
        <corpus>/*.tar           images, for the preview
Writes  <out>/plan.parquet       a row for each selected image: id, may_compose, refused_by, group
        <out>/plan.json          rate and axis
        <out>/audit.json         shares of labels, sources and languages, before and after
        <out>/preview.png        some compositions, numbered
        <out>/preview.csv        their joined captions, in every script
        <metrics>                counts and the largest shift of a share
"""

from pathlib import Path

import pandas as pd

from components.compose.params import ComposeParams
from components.compose.plan import RULES, audit, largest_shift_points, make_plan
from components.compose.preview import caption_table, preview, sample_pairs
from components.outputs import whole_folder, write_json, write_table
from components.params import load_section
from components.stage import run


def main(selection: Path, corpus: Path, out: Path, metrics: Path) -> None:
    params = load_section("compose", ComposeParams)
    selected = pd.read_parquet(selection)
    plan = make_plan(selected, params)
    audited = audit(selected, plan, params.rate)
    with whole_folder(out) as folder:
        write_table(plan, folder / "plan.parquet")
        write_json({"rate": params.rate, "axis": params.axis}, folder / "plan.json")
        write_json(audited, folder / "audit.json")
        pairs = sample_pairs(plan, params.preview_compositions, params.seed)
        preview(selected, pairs, corpus, params.axis, params.seed).save(folder / "preview.png")
        caption_table(selected, pairs).to_csv(folder / "preview.csv", index=False, lineterminator="\n")
    figures = {
        "eligible": int(plan["may_compose"].sum()),
        "refused": {rule: int((plan["refused_by"] == rule).sum()) for rule in RULES},
        "expected_compositions_per_epoch": params.rate * int(plan["may_compose"].sum()),
        "largest_share_shift_points": largest_shift_points(audited),
    }
    write_json(figures, metrics)


if __name__ == "__main__":
    run(main)

"""Stage `compose`: rules and plan of compositions, audited, with a preview.

Reads   <selection>              selection.parquet of `retrieve`
        <vectors>                corpus_text.npy of `embed`, if captions must be like or unlike
        <corpus>/*.tar           images, for the preview
Writes  <out>/plan.parquet       a row for each selected image: id, may_compose, refused_by, group, partner, caption
        <out>/plan.json          kind, rate, axis and limits of caption similarity
        <out>/meets.npy          bool [G, G]: which groups of images may meet
        <out>/captions.npy       float16 [N, D]: caption vectors, only where captions must be like or unlike
        <out>/groups.csv         the groups in words, and how many images each may meet
        <out>/audit.json         images and pairs that each rule refuses; shares of labels, sources, languages, licences
        <out>/preview.png        some compositions, numbered
        <out>/preview.csv        their captions, in every script
        <metrics>                counts and the largest shift of a share
"""

from pathlib import Path

import numpy as np
import pandas as pd

from components.compose.balance import largest_shift
from components.compose.params import ComposeParams
from components.compose.plan import Plan, make_plan, refused_pairs, write_plan
from components.compose.preview import caption_table, preview, sample_meetings
from components.composition import joins_captions
from components.notes import note
from components.outputs import whole_folder, write_json
from components.params import load_section
from components.stage import run
from components.tokens import CONJUNCTIONS


def main(selection: Path, vectors: Path, corpus: Path, out: Path, metrics: Path) -> None:
    params = load_section("compose", ComposeParams)
    selected = pd.read_parquet(selection)
    text_ND = caption_vectors(selected, vectors) if params.rules.caption_similarity.in_force else None
    plan = make_plan(selected, text_ND, params)
    note_foreign(selected.loc[plan.rows["may_compose"].to_numpy(), "language"], params)
    with whole_folder(out) as folder:
        write_plan(plan, folder)
        audit = {"kept_from_all_images": plan.refused, "pairs": plan.pairs, "shares": plan.shares}
        write_json(audit, folder / "audit.json")
        met = sample_meetings(plan.composition, params.preview_compositions, params.seed)
        preview(selected, met, plan.composition, corpus, params.seed).save(folder / "preview.png")
        caption_table(selected, met, params.kind).to_csv(folder / "preview.csv", index=False, lineterminator="\n")
    write_json(figures(plan, params), metrics)


def caption_vectors(selected: pd.DataFrame, vectors: Path) -> np.ndarray:
    """The selection's caption vectors [N, D].

    Raises:
        ValueError: the vectors are of another corpus.
    """
    text_ND = np.load(vectors, mmap_mode="r")
    if len(selected) and selected["row"].max() >= len(text_ND):
        raise ValueError(f"{vectors} has {len(text_ND):,} rows, fewer than the selection asks for. Run `dvc repro`.")
    return np.asarray(text_ND[selected["row"].to_numpy()])


def note_foreign(language_N: pd.Series, params: ComposeParams) -> None:
    """Say which captions are joined by a word that is not of their language."""
    foreign = language_N[~language_N.isin(list(CONJUNCTIONS))].value_counts()
    if params.rate > 0 and joins_captions(params.kind) and len(foreign):
        which = ", ".join(f"{count:,} in `{language}`" for language, count in foreign.items())
        words = (
            f"captions are joined by `{CONJUNCTIONS['en']}` where no word of their language is known "
            f"(components/tokens.py): {which}. Add one, or keep them apart by compose.rules."
        )
        note("compose", words)


def figures(plan: Plan, params: ComposeParams) -> dict[str, object]:
    """What is worth comparing between runs."""
    return {
        "eligible": int(plan.rows["may_compose"].sum()),
        "with_partner_share": plan.chances.with_partner_share,
        "refused": plan.refused,
        "groups": len(plan.groups.size_G),
        "pairs": plan.pairs["all"],
        "refused_pairs": refused_pairs(plan.pairs),
        "expected_compositions_per_epoch": params.rate * plan.chances.composed_share * len(plan.rows),
        "largest_share_shift_points": abs(largest_shift(plan.shares)[2]),
    }


if __name__ == "__main__":
    run(main)

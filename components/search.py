"""Search the indexed corpus with words: what `kakehashi search` prints."""

import hashlib
from pathlib import Path

import pandas as pd

from components import clip as clips
from components.corpus import read_manifest
from components.fusion import Evidence, fuse
from components.outputs import read_json
from components.params import read_yaml
from components.vector_index import open_index

COLUMNS = ["rank", "score", "cosine", "id", "caption", "source", "licence", "url"]


def search(root: Path, text: str, top: int) -> pd.DataFrame:
    """The `top` records that look or read most like `text`, best first, with their provenance.

    The two kinds of evidence weigh as `retrieve` weighs them in params.yaml; `cosine` is the better of the two.

    Raises:
        ValueError: there is no index yet, or it was built with another model than the one at hand.
    """
    data = root / "data"
    card, model = data / "index" / "card.json", data / "pretrain"
    if not card.is_file():
        raise ValueError(f"{card} does not exist: there is nothing to search yet. Run `make run` first.")
    clip = clips.load(model)
    accepted = data / "validate" / "accepted.parquet"
    made_of = read_json(card)
    if made_of["model_sha256"] != clips.sha256(model):
        raise ValueError(f"{card}: the index was built with another model than {model}. Run `dvc repro index`.")
    if made_of["accepted_sha256"] != hashlib.sha256(accepted.read_bytes()).hexdigest():
        raise ValueError(f"{card}: the index holds other records than {accepted}. Run `dvc repro index`.")
    prompt_PD = clip.encode_texts([text])
    weights = read_yaml(root / "params.yaml")["retrieve"]
    evidence = []
    for side, weight in (("image", weights["image_weight"]), ("text", weights["caption_weight"])):
        index = open_index(data / "index" / side, model_sha256=made_of["model_sha256"])
        cosine_PK, row_PK = index.search(prompt_PD, min(10 * top, index.vectors))
        evidence.append(Evidence(row_PK, cosine_PK, float(weight)))
    best = fuse(evidence).sort_values(["score", "row"], ascending=[False, True], kind="stable").head(top)
    records = read_manifest(accepted, learning=True).iloc[best["row"]]
    found = records.reset_index(drop=True).assign(
        rank=range(1, len(best) + 1), score=best["score"].to_numpy(), cosine=best["cosine"].to_numpy()
    )
    return found[COLUMNS]

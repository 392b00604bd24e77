"""Search the indexed corpus with words, a picture, or both: what `kakehashi search` prints and draws."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from components import clip as clips
from components import moments
from components.corpus import read_images, read_manifest
from components.decoding import decode
from components.fusion import Evidence, fuse
from components.lexical import LexicalIndex
from components.outputs import read_json
from components.params import read_yaml
from components.sheet import contact_sheet
from components.vector_index import open_index

SHEET_COLUMNS = 8
DEPTH = 10
"""Each kind of evidence answers with so many times the images that are asked for."""


@dataclass(frozen=True)
class Query:
    """What to look for; at least one of the two."""

    text: str = ""
    image: Path | None = None


def words_of(query: Query) -> str:
    """The query as a title says it."""
    return " and ".join([f"“{query.text}”"] * bool(query.text) + [str(query.image)] * (query.image is not None))


def search(root: Path, query: Query, top: int) -> pd.DataFrame:
    """The `top` records that look or read most like the query, best first, with their provenance.

    Kinds of evidence weigh as `retrieve` weighs them in params.yaml; words and picture weigh the same. `agreement` is
    the share of the evidence that found the record, `cosine` the best of its image's and its caption's to the query.

    Raises:
        ValueError: there is no index yet, it was built with another model or other records than those at hand, or the
            picture cannot be read.
    """
    data, weights = root / "data", read_yaml(root / "params.yaml")["retrieve"]
    accepted = data / "validate" / "accepted.parquet"
    model_sha256 = _checked(data, accepted)
    clip = clips.load(data / "pretrain")
    image_index, caption_index = (open_index(data / "index" / side, model_sha256=model_sha256) for side in SIDES)
    records = read_manifest(accepted, learning=True)
    clouds = moments.load(data / "embed" / "moments.npy")
    evidence: list[Evidence] = []
    vectors: list[np.ndarray] = []

    def ask(kind: str, words: str, row_QK: np.ndarray, weight: float) -> None:
        if weight > 0:
            evidence.append(Evidence(kind, [words], row_QK, weight))

    depth = min(DEPTH * top, len(records))
    if query.text:
        vector_1D = clip.encode_texts([query.text])
        moved_1D = moments.carried(vector_1D, clouds["text"], clouds["image"], weights["gap_removal"])
        ask("image", query.text, image_index.search(moved_1D, depth)[1], weights["image_weight"])
        ask("caption", query.text, caption_index.search(vector_1D, depth)[1], weights["caption_weight"])
        if weights["words_weight"] > 0:
            words = LexicalIndex.build(list(records["caption"]), list(records["language"]))
            ask("words", query.text, words.phrase(query.text, depth)[0][None], weights["words_weight"])
        vectors.append(vector_1D)
    if query.image is not None:
        vector_1D = clip.encode_images([picture(query.image)])
        row_QK = image_index.search(vector_1D, depth, modality="image")[1]
        ask("picture", query.image.name, row_QK, sum(each.weight for each in evidence) or 1.0)
        vectors.append(vector_1D)
    best = fuse(evidence).sort_values(["score", "row"], ascending=[False, True], kind="stable").head(top)
    stored = [np.load(data / "embed" / f"corpus_{side}.npy", mmap_mode="r")[best["row"]] for side in SIDES]
    cosine_R = np.max([side @ vector.T for side in stored for vector in vectors], axis=0)[:, 0]
    found = records.iloc[best["row"]].reset_index(drop=True)
    figures = {name: best[name].to_numpy() for name in ("score", "agreement")}
    return found.assign(rank=range(1, len(best) + 1), **figures, cosine=cosine_R)


SIDES = ("image", "text")


def _checked(data: Path, accepted: Path) -> str:
    """The SHA-256 of the model that the index was built with, which is the one at hand."""
    card, model = data / "index" / "card.json", data / "pretrain"
    if not card.is_file():
        raise ValueError(f"{card} does not exist: there is nothing to search yet. Run `make run` first.")
    made_of = read_json(card)
    if made_of["model_sha256"] != clips.sha256(model):
        raise ValueError(f"{card}: the index was built with another model than {model}. Run `dvc repro index`.")
    if made_of["accepted_sha256"] != hashlib.sha256(accepted.read_bytes()).hexdigest():
        raise ValueError(f"{card}: the index holds other records than {accepted}. Run `dvc repro index`.")
    return str(made_of["model_sha256"])


def picture(file: Path) -> Image.Image:
    """The picture of a query.

    Raises:
        ValueError: there is no such file, or it is no image.
    """
    if not file.exists():
        raise ValueError(f"{file} does not exist. Give the path of a picture to look for.")
    image_bytes = file.read_bytes()
    try:
        return decode(image_bytes)
    except Exception:  # Pillow's decoders raise almost anything on bytes that are no image
        raise ValueError(f"{file} is no image that can be read. Give a PNG, JPEG or WebP file.") from None


def sheet(root: Path, found: pd.DataFrame, query: Query) -> Image.Image:
    """The found images as a contact sheet, in rows by rank, the picture of the query first."""
    in_shards = found.sort_values(["shard", "offset"])
    pictures = dict(zip(in_shards["id"], read_images(root / "data" / "collect" / "corpus", in_shards), strict=True))
    ranked = [pictures[each] for each in found["id"]]
    rows = [(query.text or "query", [picture(query.image)])] if query.image else []
    for begin in range(0, len(ranked), SHEET_COLUMNS):
        part = ranked[begin : begin + SHEET_COLUMNS]
        rows.append((f"{begin + 1} to {begin + len(part)}", part))
    return contact_sheet(rows)

"""Stage `embed`: the base model's unit vectors of every accepted image and caption.

Reads   <corpus>/*.tar, <evaluation>/*.tar, <validate>/{accepted,evaluation}.parquet, <model>/
Writes  <out>/{corpus,evaluation}_{image,text}.npy   float32 [N, D], rows as in the parquet files
        <out>/moments.npy                            float64 [4, D]: mean and deviation of corpus images and texts
        <out>/provenance.json                        SHA-256 of model and records, counts
        <metrics>                                    counts, and the gap of the corpus
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from components import clip as clips
from components import moments
from components.clip import Clip
from components.corpus import read_image_bytes, read_manifest
from components.embed.blocks import write_vectors
from components.embed.params import EmbedParams
from components.geometry import alignment
from components.outputs import whole_folder, write_json
from components.params import load_section
from components.progress import progress
from components.stage import run


def main(corpus: Path, evaluation: Path, validate: Path, model: Path, out: Path, metrics: Path) -> None:
    params = load_section("embed", EmbedParams)
    torch.set_num_threads(params.threads)
    clip = clips.load(model, params.device)
    with whole_folder(out) as folder:
        for part, images, manifest in [
            ("corpus", corpus, validate / "accepted.parquet"),
            ("evaluation", evaluation, validate / "evaluation.parquet"),
        ]:
            embed(clip, part, images, manifest, folder, params.batch_images)
        image_ND, text_ND = (np.load(folder / f"corpus_{side}.npy", mmap_mode="r") for side in ("image", "text"))
        image, text = moments.moments_of(image_ND), moments.moments_of(text_ND)
        moments.save(image, text, folder / "moments.npy")
        counts = {
            "corpus_pairs": len(image_ND),
            "evaluation_images": len(np.load(folder / "evaluation_image.npy", mmap_mode="r")),
            "width": image_ND.shape[1],
        }
        accepted_sha256 = hashlib.sha256((validate / "accepted.parquet").read_bytes()).hexdigest()
        made_of = {"model_sha256": clips.sha256(model), "accepted_sha256": accepted_sha256}
        write_json({**made_of, **counts}, folder / "provenance.json")
        gap = {
            "corpus_centroid_distance": np.linalg.norm(image.mean_D - text.mean_D),
            "corpus_alignment": mean_alignment(image_ND, text_ND),
        }
    write_json({**counts, **gap}, metrics)


def embed(clip: Clip, part: str, images: Path, manifest: Path, folder: Path, batch: int) -> None:
    """Write the image and text vectors of one manifest, a block at a time."""
    records = read_manifest(manifest, learning=True)
    width = clip.architecture["embed_dim"]
    shown = progress(read_image_bytes(images, records), what=f"embed {part} images", total=len(records), unit="images")
    write_vectors(clip.file_vectors(shown, batch), len(records), width, folder / f"{part}_image.npy")
    texts = progress(list(records["caption"]), what=f"embed {part} texts", total=len(records), unit="texts")
    write_vectors(clip.text_vectors(texts, batch), len(records), width, folder / f"{part}_text.npy")


def mean_alignment(image_ND: np.ndarray, text_ND: np.ndarray) -> float:
    """Mean squared distance of the pairs, block by block."""
    total = 0.0
    for begin in range(0, len(image_ND), moments.BLOCK):
        block = slice(begin, begin + moments.BLOCK)
        pairs = (torch.from_numpy(np.array(vector_ND[block])) for vector_ND in (image_ND, text_ND))
        total += alignment(*pairs).item() * len(image_ND[block])
    return total / max(1, len(image_ND))


if __name__ == "__main__":
    run(main)

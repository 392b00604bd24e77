"""Stage `pretrain`: the frozen base model, from published weights or trained on the accepted pairs.

Reads   <corpus>/*.tar, <accepted>            images and captions of `pretrain.sources`
Writes  <out>/open_clip_config.json           architecture and preprocessing
        <out>/open_clip_model.safetensors     weights
        <out>/curve.csv                       step, learning_rate and each weighted term
        <out>/provenance.json                 where the weights come from
        <metrics>                             pairs, steps, last loss
"""

from pathlib import Path

from components import clip as clips
from components.outputs import whole_folder, write_json
from components.params import load_section
from components.pretrain import learn, weights
from components.pretrain.params import PretrainParams
from components.stage import run


def main(corpus: Path, accepted: Path, out: Path, metrics: Path) -> None:
    params = load_section("pretrain", PretrainParams)
    with whole_folder(out) as folder:
        if params.weights == "scratch":
            clip, curve, provenance = learn.from_scratch(corpus, accepted, params)
        else:
            clip, curve, provenance = weights.from_publisher(params)
        clips.save(clip, folder)
        curve.to_csv(folder / "curve.csv", index=False, float_format="%.6f", lineterminator="\n")
        write_json({**provenance, "weights_sha256": clips.sha256(folder)}, folder / "provenance.json")
    last = {
        f"last_{name}": value for name, value in curve.tail(20).mean().items() if name not in ("step", "learning_rate")
    }
    write_json({**provenance["counts"], **last}, metrics)


if __name__ == "__main__":
    run(main)

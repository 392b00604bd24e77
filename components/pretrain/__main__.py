"""Stage `pretrain`: the frozen base model, from published weights or trained on the accepted pairs.

Reads   <corpus>/*.tar, <accepted>            images and captions of `pretrain.sources`
Writes  <out>/open_clip_config.json           architecture and preprocessing
        <out>/open_clip_model.safetensors     weights
        <out>/curve.csv                       step, learning_rate and each weighted term
        <out>/provenance.json                 where the weights come from
        <metrics>                             pairs, steps, last loss
Keeps   <out>/../.pretrain.checkpoint         while it runs: a killed training goes on from there

Several processes share the work of each step (`components/gathered.py`):
    torchrun --nproc-per-node 2 -m components.pretrain <the same paths>
"""

from pathlib import Path

from components import clip as clips
from components.checkpoint import Checkpoints, fingerprint
from components.gathered import is_first, processes
from components.machine import used
from components.outputs import whole_folder, write_json
from components.params import load_section
from components.pretrain import learn, weights
from components.pretrain.params import PretrainParams
from components.stage import run


def main(corpus: Path, accepted: Path, out: Path, metrics: Path) -> None:
    params = load_section("pretrain", PretrainParams)
    with used(params.machine) as chance:
        name = fingerprint(params, [accepted], Path(__file__).parent, processes=processes())
        checkpoints = Checkpoints(out, name, params.optimiser.checkpoint_every)
        if params.weights == "scratch":
            clip, curve, provenance = learn.from_scratch(corpus, accepted, params, checkpoints, chance)
        else:
            clip, curve, provenance = weights.from_publisher(params)
        if not is_first():
            return
        with whole_folder(out) as folder:
            clips.save(clip, folder)
            curve.to_csv(folder / "curve.csv", index=False, float_format="%.6f", lineterminator="\n")
            write_json({**provenance, "weights_sha256": clips.sha256(folder)}, folder / "provenance.json")
        last = curve.tail(20).mean().drop(["step", "learning_rate"])
        write_json({**provenance["counts"], **{f"last_{name}": value for name, value in last.items()}}, metrics)
        checkpoints.remove()


if __name__ == "__main__":
    run(main)

"""Toy stage `train`: numbers become a one-number model folder and a curve."""

import sys
import time
from pathlib import Path

from components.outputs import whole_folder, write_json
from components.params import load_section
from components.progress import progress
from components.train.params import TrainParams

params = load_section("train", TrainParams)
numbers = [float(line) for line in (Path(sys.argv[1]) / "numbers.csv").read_text().split()]
curve = ["step,loss"]
for step in progress(range(params.steps), what="fitting", total=params.steps, unit="step"):
    time.sleep(params.seconds_per_step)
    curve.append(f"{step},{(1 - params.rate) ** step}")
with whole_folder(Path(sys.argv[2])) as out:
    (out / "curve.csv").write_text("\n".join(curve) + "\n")
    write_json({"mean": sum(numbers) / len(numbers)}, out / "open_clip_config.json")
    (out / "open_clip_model.safetensors").write_bytes(b"none: the toy model is one number")
write_json(
    {"steps": params.steps, "last": {"loss": (1 - params.rate) ** (params.steps - 1)}}, Path("data/metrics/train.json")
)

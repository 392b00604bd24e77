"""Toy stage `evaluate`: figures in the shape of the real stage's, made of the model's one number."""

import sys
from pathlib import Path

from components.evaluate.params import EvaluateParams
from components.outputs import read_json, write_json
from components.params import load_section

params = load_section("evaluate", EvaluateParams)
mean = read_json(Path(sys.argv[1]) / "open_clip_config.json")["mean"]
accuracy = mean / (1 + mean)
base, student = ({"mean_accuracy": accuracy * share, "centroid_distance": share / 4} for share in (0.5, 1.0))
points = 50 * accuracy
domain = {"images": 10, "base_accuracy": base["mean_accuracy"], "student_accuracy": accuracy, "gain_points": points}
write_json(
    {
        "base": base,
        "student": student,
        "gain": {"accuracy_points": points, "accuracy_points_low": points - 1, "accuracy_points_high": points + 1},
        "domains": dict.fromkeys(params.domains, domain),
    },
    Path("data/metrics/evaluate.json"),
)

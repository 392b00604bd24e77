"""The student as MLflow serves it: images or texts in, vectors or label scores out."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.pyfunc import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType

OUTPUTS = ("vectors", "labels")

SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            ColSpec(AnyType(), "images", required=False),  # an image file's bytes, or their base64 text
            ColSpec(DataType.string, "texts", required=False),
        ]
    ),
    outputs=Schema([TensorSpec(np.dtype("float32"), (-1, -1))]),
    params=ParamSchema([ParamSpec("output", DataType.string, OUTPUTS[0])]),
)


class Student(PythonModel):
    """A trained CLIP behind MLflow's `predict`; artifacts `student` (a model folder) and `labels` (labels.json)."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the weights, and turn the label names into one vector each."""
        from components.clip import load  # torch is loaded where the model is used, not where it is published
        from components.task import read_task
        from components.zeroshot import class_vectors

        self.clip = load(Path(context.artifacts["student"]))
        task = read_task(Path(context.artifacts["labels"]))
        self.labels = task.names
        self.label_CD = class_vectors(self.clip, task)

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> np.ndarray | pd.DataFrame:
        """Unit vectors (one row each), or with `output="labels"` a table of similarities, one column per label.

        Raises:
            ValueError: not exactly one of the columns `images` and `texts`, or an unknown `output`.
        """
        output = (params or {}).get("output", OUTPUTS[0])
        if output not in OUTPUTS:
            raise ValueError(f"output is {output!r}. Ask for one of: {', '.join(OUTPUTS)}.")
        given = [name for name in ("images", "texts") if name in model_input and model_input[name].notna().any()]
        if len(given) != 1:
            raise ValueError("Give either a column `images` (file bytes or base64) or a column `texts`, not both.")
        values = list(model_input[given[0]])
        vector_ND = self.clip.encode_texts(values) if given == ["texts"] else self._encode_images(values)
        if output == "vectors":
            return np.asarray(vector_ND, dtype=np.float32)
        return pd.DataFrame(vector_ND @ self.label_CD.T, columns=self.labels)

    def _encode_images(self, values: list[Any]) -> np.ndarray:
        from components.decoding import decode

        files = (base64.b64decode(value) if isinstance(value, str) else bytes(value) for value in values)
        vector_ND: np.ndarray = self.clip.encode_images([decode(file) for file in files])
        return vector_ND

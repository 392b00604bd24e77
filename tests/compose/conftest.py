"""A selection of labelled images, and settings without any rule."""

import numpy as np
import pandas as pd
import pytest

from components.compose.params import ComposeParams

NAMES = {"excluded": [], "allowed": [], "forbidden": []}
LOOSE = {
    "kind": "clip_c",
    "rate": 0.5,
    "axis": "width",
    "rules": {
        "across_labels": False,
        "across_languages": True,
        "label_groups": {},
        "labels": NAMES,
        "sources": NAMES,
        "licences": NAMES,
        "attributes": {},
        "caption_similarity": {"least": -1.0, "most": 1.0},
    },
    "limits": {"most_share_shift_points": 100.0, "least_eligible_share": 0.0},
    "audited_images": 1000,
    "preview_compositions": 4,
    "seed": 0,
}


@pytest.fixture
def settings():
    """Settings without any rule, changed by dotted names such as `rules.labels.excluded`."""

    def make(changes: dict[str, object] | None = None) -> ComposeParams:
        values = ComposeParams.model_validate(LOOSE).model_dump()
        for name, value in (changes or {}).items():
            *way, last = name.split(".")
            inner = values
            for part in way:
                inner = inner[part]
            inner[last] = value
        return ComposeParams.model_validate(values)

    return make


@pytest.fixture
def four():
    """Two bolts and two nuts, one of them without a caption."""
    return pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "label": ["bolt", "bolt", "nut", "nut"],
            "source": ["shop", "shop", "shop", "blog"],
            "licence": ["CC-BY-4.0", "CC0-1.0", "CC0-1.0", "CC-BY-SA-4.0"],
            "caption": ["a bolt", " ", "ナット", "a nut"],
            "language": ["en", "en", "ja", "en"],
        }
    )


@pytest.fixture
def many():
    """A maker of selections with everything that a rule can see, drawn from a seed."""

    def make(rows: int, seed: int = 0) -> pd.DataFrame:
        draw = np.random.default_rng(seed)

        def of(*names: str) -> np.ndarray:
            return draw.choice(names, rows, p=np.arange(1, len(names) + 1) / sum(range(1, len(names) + 1)))

        label, side, unit = of("bolt", "nut", "gear", "cam"), of("", "left", "right"), of("", "metric", "inch")
        caption = [" ".join(["steel", *each]).strip() for each in zip(side, unit, label, strict=True)]
        return pd.DataFrame(
            {
                "id": [f"r{row}" for row in range(rows)],
                "label": label,
                "source": of("blog", "shop", "web"),
                "licence": of("CC-BY-SA-4.0", "CC0-1.0", "CC-BY-4.0"),
                "caption": caption,
                "language": of("ja", "en"),
            }
        )

    return make

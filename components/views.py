"""A saved view of MLflow's table of runs: one row per run of the chain, return on investment first.

MLflow hides columns of figures until somebody chooses them. A view that was saved keeps the choice for everybody, in a
tag of the experiment (MLflow's pages write the same with *Views*, *Save as new view*), and opens by an address.
"""

import json
from collections.abc import Iterable

NAME = "Return on investment"
KEY = "kakehashi-roi"
TAG = f"mlflow.sharedViewState.{KEY}"
PX_PER_LETTER, PX_OF_PADDING = 7, 34


def roi_first(figures: Iterable[str], made_unix_ms: int) -> str:
    """The experiment's tag: runs of the chain, the newest first, with a column per `roi/…` figure, bounds last."""
    names = sorted((name for name in figures if name.startswith("roi/")), key=lambda name: (_is_bound(name), name))
    columns = {f"metrics.`{name}`": name for name in names}
    shown = {
        "searchFilter": "tags.kind = 'pipeline'",
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "selectedColumns": list(columns),
        "columnOrder": ["0", "attributes.`Run Name`", "runDateAndNestInfo", *columns, "duration"],
        "columnWidths": {column: PX_PER_LETTER * len(name) + PX_OF_PADDING for column, name in columns.items()},
    }
    return json.dumps({"name": NAME, "createdAt": made_unix_ms, "updatedAt": made_unix_ms, "state": json.dumps(shown)})


def _is_bound(name: str) -> bool:
    return name.endswith(("_low", "_high"))


def address(server: str, experiment_id: str) -> str:
    """Where a browser finds the view."""
    query = f"workflowType=machine_learning&viewStateShareKey={KEY}"
    return f"{server.rstrip('/')}/#/experiments/{experiment_id}/runs?{query}"

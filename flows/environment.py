"""The environment and the folders that every process of a run shares."""

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

STATE = Path(".kakehashi")
"""Everything a run leaves that is neither code nor data: databases, logs, clones, measurements. Git ignores it."""

QUIET = {  # nothing calls home: not DVC, not Prefect, not MLflow, not the libraries below the stages
    "DVC_NO_ANALYTICS": "1",
    "DVC_STUDIO_OFFLINE": "true",
    "ITERATIVE_DO_NOT_TRACK": "1",
    "DO_NOT_TRACK": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight processes that wait for jobs of MLflow's: we give it none
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def home() -> Path:
    """The checkout that a run was asked for in: `KAKEHASHI_HOME`, or else the folder we stand in."""
    return Path(os.environ.get("KAKEHASHI_HOME") or Path.cwd()).resolve()


def child_environment(project: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment for a child process: telemetry off, this Python's tools first on PATH, /bin/sh as the shell.

    `KAKEHASHI_HOME` names the checkout, so that a stage in a private clone finds sources given by a relative path.
    Thread counts are left alone: they are parameters.
    """
    here = Path(sys.executable).parent  # not resolved: a virtual environment's python is often a link
    path = os.pathsep.join(
        dict.fromkeys([str(here), sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    )
    return {
        **os.environ,
        **QUIET,
        "PATH": path,
        "SHELL": "/bin/sh",
        "KAKEHASHI_HOME": str(project),
        **(extra or {}),
    }


def prefect_environment(project: Path) -> dict[str, str]:
    """Settings that Prefect must find in the environment before it is imported: a home of our own, a quiet console."""
    return {
        **QUIET,
        "PREFECT_HOME": os.environ.get("PREFECT_HOME", str(project / STATE / "prefect")),
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # the run's own screen shows what the API log records
        "KAKEHASHI_HOME": str(project),
    }


def tool(name: str) -> Path:
    """A command installed for this Python, such as `dvc`: beside it, or where a system's Python puts them."""
    return Path(sysconfig.get_path("scripts")) / name

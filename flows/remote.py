"""DVC's remote, where the data of runs goes so that others can have it: a folder beside the checkout, or S3."""

import os
from pathlib import Path

from flows import dvc_settings, findings, lock, store, subject, workspace
from flows.dvc import cached_outputs, dvc_does, kept_sources
from flows.workspace import WorkspaceError

STORE = "store"
"""The remote that `.dvc/config` names."""


def push(home: Path, asked: str, to: str = "") -> str:
    """Copy the data of one recorded result to the remote; returns DVC's own words, such as `12 files pushed`.

    Args:
        home: the checkout.
        asked: a run id, branch, commit or MLflow run id.
        to: a folder or an address such as `s3://bucket/folder`, instead of the configured remote.

    Raises:
        WorkspaceError: there is no such result, its data is not whole in the cache, or the remote cannot be written.
    """
    found = subject.find(home, asked)
    recorded = subject.content(home, found.commit, "dvc.lock")
    if recorded is None:
        raise WorkspaceError(f"{asked} ({found.commit[:10]}) holds no dvc.lock: there is no data to push.")
    place = workspace.private_clone(home, f"{found.commit[:12]}-{os.getpid()}-push", found.commit, with_data=False)
    try:
        _check_whole(home, place.root, recorded)
        config = dvc_settings.for_a_clone(home)
        if to:
            url = to if "://" in to else str(Path(to).resolve())
            dvc_settings.set_option(config, dvc_settings.remote(STORE), "url", url)
        dvc_settings.write(place.root, config)
        return dvc_does(place.root, place.environment, "push", "--remote", STORE).strip()
    finally:
        workspace.remove(place)


def _check_whole(home: Path, root: Path, recorded: bytes) -> None:
    """Refuse data that is incomplete or damaged; DVC would push what is left of it, and call that a success."""
    kept = [*cached_outputs(root, lock.parse(recorded)), *kept_sources(root)]
    seen = store.inspect(store.Store(dvc_settings.cache_folder(home)), kept)
    if seen.missing:
        raise WorkspaceError(
            f"The cache lacks {findings.listed(seen.missing)}. Make them again: dvc repro; or dvc pull."
        )
    if seen.damaged:
        raise WorkspaceError(
            f"The cache's {findings.listed(seen.damaged)} are not what their hash says. See: kakehashi audit"
        )


def address(home: Path) -> str:
    """Where the configured remote is."""
    return dvc_settings.for_a_clone(home).get(dvc_settings.remote(STORE), "url", fallback="nowhere")
